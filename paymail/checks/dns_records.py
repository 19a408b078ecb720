"""SPF, DKIM and DMARC of the domains that we send from, where DNS answers (`mail/sender_records.py`)."""

from collections.abc import Iterator

from dns.exception import DNSException
from dns.resolver import Resolver
from sqlalchemy import select

from paymail.checks.findings import Finding, Subject, not_asked
from paymail.mail.dkim_key import key_of
from paymail.mail.sender_records import Asker, of_domain, of_key
from paymail.models import Issuer
from paymail.services.outbox.suppressions import domain_of

MOST_DOMAINS = 10


def records(subject: Subject) -> Iterator[Finding]:
    """Look at each sender's domain."""
    if subject.app.settings.mail_transport != "smtp":
        yield not_asked("dns records", "emails are saved as files, not sent")
        return
    try:
        asker = Asker(subject.resolver or Resolver())
    except (DNSException, OSError) as error:
        yield not_asked("dns records", f"this host cannot use DNS: {type(error).__name__}")
        return
    domains = _domains(subject)
    if not domains:
        yield not_asked("dns records", "there are no issuers yet")
    found = subject.app.settings
    key = key_of(found.dkim_domain, found.dkim_selector, found.dkim_key_file)
    for domain in domains[:MOST_DOMAINS]:
        yield from of_domain(asker, domain, signed=key is not None and key.covers(domain))
    if len(domains) > MOST_DOMAINS:
        yield not_asked("dns records", f"only the first {MOST_DOMAINS} domains are checked")
    yield from of_key(asker, key)


def _domains(subject: Subject) -> list[str]:
    with subject.app.reading() as session:
        addresses = session.scalars(select(Issuer.email).order_by(Issuer.issuer_id))
        return list(dict.fromkeys(domain_of(address) for address in addresses))
