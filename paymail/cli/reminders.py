"""`paymail reminders`: how reminders are set up."""

import json
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.options import Json
from paymail.models import Issuer
from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import issuer_settings, setting_texts
from paymail.services.reminders import ladder, preferences

group = typer.Typer(help="Reminder settings.", no_args_is_help=True)
Switch = Annotated[bool | None, typer.Option("--on/--off", help="Turn reminders on or off.")]
LadderText = Annotated[
    str | None,
    typer.Option(
        "--ladder",
        help='Days from due date and tone: "-3:upcoming, 0:due, 7:friendly"; "" to inherit.',
    ),
]
Saving = Annotated[
    bool | None,
    typer.Option("--save-methods/--no-save-methods", help="Let customers save their payment method."),
]
Gap = Annotated[
    int | None, typer.Option(help="Business days between the first email and the first reminder.")
]
HostMails = Annotated[
    bool | None,
    typer.Option(
        "--host-mails-invoices/--paymail-mails-invoices",
        help="Remind of invoices that paymail never emailed, since the host does.",
    ),
]
Approval = Annotated[
    str | None,
    typer.Option(
        "--refund-approval-from",
        help="Refunds of a payment that come to so much, in minor units, need a second person; `off` to end.",
    ),
]
StatementDay = Annotated[
    str | None,
    typer.Option(help="Day of the month, 1 to 28, on which customers who owe get a statement; `off` to end."),
]
Issuer_ = Annotated[str, typer.Option("--issuer", help="Issuer id or name; not needed if there is only one.")]


@group.command()
@exits
def show(issuer: Issuer_ = "", as_json: Json = False) -> None:
    """Show an issuer's reminder settings."""
    app = open_app()
    with app.reading() as session:
        data = described(find_issuer(session, ref=issuer))
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    for name, value in data.items():
        typer.echo(f"{name:18} {value}")


def described(issuer: Issuer) -> dict[str, object]:
    """Return an issuer's preferences as JSON has them; the ladder as it is in force."""
    data: dict[str, object] = {name: getattr(issuer, name) for name in issuer_settings.ISSUER_FIELDS}
    return data | {"ladder": ladder.write(ladder.effective(issuer.ladder))}


@group.command("issuer")
@exits
def issuer_(
    issuer: Issuer_ = "",
    on: Switch = None,
    ladder_text: LadderText = None,
    timezone: Annotated[str | None, typer.Option(help="IANA time zone name.")] = None,
    country: Annotated[str | None, typer.Option(help="Country for holidays, for example AU.")] = None,
    subdivision: Annotated[str | None, typer.Option(help="State for holidays, for example NSW.")] = None,
    send_at: Annotated[str | None, typer.Option(help="Local sending time, HH:MM.")] = None,
    quiet_from: Annotated[str | None, typer.Option(help="Start of the quiet hours, HH:MM.")] = None,
    quiet_until: Annotated[str | None, typer.Option(help="End of the quiet hours, HH:MM.")] = None,
    minimum: Annotated[int | None, typer.Option(help="Minimum balance, in minor units.")] = None,
    cap: Annotated[int | None, typer.Option(help="Maximum reminders per invoice.")] = None,
    rate: Annotated[str | None, typer.Option(help="Emails per minute, or a preset (office365, ses).")] = None,
    link_days: Annotated[
        str | None, typer.Option(help="Days after the due date that pay links expire, or `never`.")
    ] = None,
    fee: Annotated[str | None, typer.Option(help="The platform's fee on payments, in per cent.")] = None,
    save_methods: Saving = None,
    reminder_gap: Gap = None,
    host_mails_invoices: HostMails = None,
    refund_approval_from: Approval = None,
    statement_day: StatementDay = None,
) -> None:
    """Change an issuer's reminder, sending, pay link and fee settings."""
    given = {
        "ladder": ladder_text,
        "timezone": timezone,
        "country": country,
        "subdivision": subdivision,
        "send_at": send_at,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "reminder_minimum": minimum,
        "reminder_cap": cap,
        "sender_rate": rate,
        "reminders_off": None if on is None else not on,
        "application_fee": None if fee is None else setting_texts.fee(fee),
        "save_methods": save_methods,
        "reminder_gap": reminder_gap,
        "host_mails_invoices": host_mails_invoices,
    }
    changes: dict[str, setting_texts.Value] = {
        name: value for name, value in given.items() if value is not None
    }
    if link_days is not None:
        changes["link_days"] = setting_texts.link_days(link_days)
    for name, text in (("refund_approval_from", refund_approval_from), ("statement_day", statement_day)):
        if text is not None:
            changes[name] = setting_texts.read(name, text)
    _change(issuer, changes)


def _change(issuer: str, changes: dict[str, setting_texts.Value]) -> None:
    app = open_app()
    with app.transaction() as session:
        found = find_issuer(session, ref=issuer)
        changed = issuer_settings.set_up_issuer(
            session, issuer=found, changes=changes, actor="cli", now=app.now()
        )
    typer.echo(f"issuer {found.issuer_id}: {len(changed)} setting(s) changed")


@group.command()
@exits
def customer(customer_id: int, on: Switch = None, ladder_text: LadderText = None) -> None:
    """Override the issuer's reminder settings for one customer."""
    app = open_app()
    off = None if on is None else not on
    with app.transaction() as session:
        preferences.set_up_customer(
            session,
            customer_id=customer_id,
            actor="cli",
            now=app.now(),
            off=off,
            ladder_text=ladder_text,
        )
    typer.echo(f"customer {customer_id}: reminder settings changed")


@group.command()
@exits
def invoice(invoice_id: int, on: Switch = None, ladder_text: LadderText = None) -> None:
    """Override the customer's reminder settings for one invoice."""
    app = open_app()
    off = None if on is None else not on
    with app.transaction() as session:
        preferences.set_up_invoice(
            session, invoice_id=invoice_id, actor="cli", now=app.now(), off=off, ladder_text=ladder_text
        )
    typer.echo(f"invoice {invoice_id}: reminder settings changed")
