"""`paymail reconcile`: settle what the webhooks missed, and say in what the books and Stripe differ."""

import json
from typing import Annotated

import typer

from paymail.cli.context import FAILURE, PARTIAL, exits, open_app
from paymail.errors import NotFound
from paymail.services import reconciliation
from paymail.services.reconciliation import CaughtUp, Comparison, Finding, accounts, schedule, turns
from paymail.services.reconciliation.drift import Side
from paymail.wiring import App


class NoSuchAccount(NotFound):
    """No issuer has this account, and no payment was ever tried on it."""

    code = "no_such_account"


@exits
def reconcile(
    days: Annotated[int, typer.Option(min=1, max=365, help="Number of days to compare.")] = schedule.DAYS,
    account: Annotated[str, typer.Option(help="Only this Stripe account (acct_…).")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value to stdout.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only compare, without settling or saving anything.")
    ] = False,
) -> None:
    """Record what the webhooks missed, then compare paymail with Stripe.

    Exit codes: 0 they agree, 4 they do not, 1 Stripe could not be asked about every account.
    """
    app = open_app()
    _check(app, account)
    caught = CaughtUp() if dry_run else _caught(app, account)
    if dry_run:
        found = reconciliation.compare(
            app.gateway_context(), days=days, only=account, mend=False, progress=_say("comparing")
        )
    else:
        found = reconciliation.compare_and_keep(
            app.gateway_context(), days=days, only=account, progress=_say("comparing")
        )
        _note(app, caught, found, account)
    app.close()
    failures = caught.failures | found.failures
    _print_json(caught, found, failures) if as_json else _print(found)
    for name, reason in failures.items():
        typer.echo(f"paymail: {name} could not be checked: {reason}", err=True)
    if failures:
        raise typer.Exit(FAILURE)
    if found.findings:
        raise typer.Exit(PARTIAL)


def _check(app: App, account: str) -> None:
    with app.reading() as session:
        if account and not accounts.ours(session, only=account):
            raise NoSuchAccount(f"{account} is not an issuer's account and has never received a payment")


def _caught(app: App, account: str) -> CaughtUp:
    caught = reconciliation.catch_up(
        app.gateway_context(), live=app.live, only=account, progress=_say("settling")
    )
    typer.echo(caught.summary, err=True)
    return caught


def _note(app: App, caught: CaughtUp, found: Comparison, account: str) -> None:
    if account:
        return  # what is said of one account would be taken for all
    with app.transaction() as session:
        for job, done in ((turns.SETTLE, caught), (turns.COMPARE, found)):
            turns.note(session, job=job, ended=schedule.ended_of(done), now=app.now())


def _say(what: str) -> reconciliation.Progress:
    return lambda account: typer.echo(f"{what} {account}", err=True)


def _print(found: Comparison) -> None:
    for finding in found.findings:
        typer.echo(
            f"{finding.kind.value:24} {finding.account} {finding.intent_id} invoice"
            f" {finding.invoice_ref or '-'}: paymail: {finding.books.text}; Stripe: {finding.stripe.text}"
        )
    if not found.findings and not found.failures:
        typer.echo(f"{found.intents} intent(s) of {len(found.compared)} account(s): everything agrees")


def _print_json(caught: CaughtUp, found: Comparison, failures: dict[str, str]) -> None:
    data = {
        "accounts": list(found.compared),
        "failures": failures,
        "events": caught.events,
        "recorded": caught.recorded,
        "intents": found.intents,
        "drift": [_shown(finding) for finding in found.findings],
    }
    typer.echo(json.dumps(data, ensure_ascii=False))


def _shown(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind.value,
        "account": finding.account,
        "intent_id": finding.intent_id,
        "invoice_id": finding.invoice_ref,
        "books": _side(finding.books),
        "stripe": _side(finding.stripe),
    }


def _side(side: Side) -> dict[str, str | None]:
    """Amounts as decimal text: a float would not be exact."""
    money = side.money
    amount = str(money.decimal) if money else None
    return {"says": side.text, "amount": amount, "currency": money.currency if money else None}
