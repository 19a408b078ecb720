"""The host's own database: reachable, readable, and whether both sides have the same."""

from collections.abc import Iterator

from paymail.checks.findings import Finding, Subject, failed, not_asked, ok, warning
from paymail.errors import Misconfigured, PaymailError
from paymail.services.core.issuers import find_issuer
from paymail.services.sync import SyncContext, comparison, syncs

NAME = "host database"


def agreement(subject: Subject) -> Iterator[Finding]:
    """Compare counts and sums per currency, and name the invoices that differ. Nothing without a host."""
    app = subject.app
    if not app.settings.host_database_url.get_secret_value():
        return
    try:
        host = app.host_database()
        assert host is not None  # noqa: S101 - there is an address
        with app.reading() as session:
            issuer = find_issuer(session, ref=app.settings.host_issuer)
        context = SyncContext(app.transaction, app.now, app.reading, host, issuer.issuer_id, issuer.timezone)
        yield from _compared(context)
    except Misconfigured as error:
        yield failed(NAME, str(error), "see the page `Connect your database`")
    except PaymailError as error:
        yield failed(NAME, str(error), "start it, or correct PAYMAIL_HOST_DATABASE_URL")


def _compared(context: SyncContext) -> Iterator[Finding]:
    with context.host.reading(syncs.VIEW_COLUMNS, zone=context.zone) as view, context.reading() as session:
        sync = syncs.find(session, context)
        if sync is None:
            yield not_asked(
                NAME, "nothing was accepted yet: run `paymail sync`, then `paymail sync --accept`"
            )
            return
        found = comparison.compare(session, sync, view.amounts(), told=context.host.is_told)
    if found.refused:
        yield warning(NAME, f"{found.refused} invoices of the view are refused", "see `paymail sync status`")
    for currency, (theirs, ours) in comparison.unequal(found).items():
        yield warning(
            NAME,
            f"{currency or 'without a currency'}: {theirs.invoices} invoices, {theirs.total} in total and"
            f" {theirs.paid} paid there; {ours.invoices}, {ours.total} and {ours.paid} here",
            "run `paymail sync`; what differs then is listed beside this line",
        )
    if found.differing:
        more = f" and {found.differing - len(found.named)} more" if found.differing > len(found.named) else ""
        yield warning(NAME, f"invoices that differ: {', '.join(found.named)}{more}", "run `paymail sync`")
    elif not found.refused:
        yield ok(NAME, f"{sum(one.invoices for one in found.ours.values())} invoices agree with the view")
