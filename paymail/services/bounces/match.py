"""Which message a report is about, and what it says of that message's recipient."""

import re
from collections.abc import Iterable
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Issuer, Message
from paymail.services.bounces.report import Finding, Kind, Report
from paymail.services.outbox.header_ids import header_domain
from paymail.services.outbox.suppressions import normalised

_WORST_FIRST = (Kind.HARD, Kind.SOFT, Kind.DELIVERED)


_OUR_ID = re.compile(r"<[0-9a-f]{24}@[^<>@\s]{1,90}>", re.ASCII)


def message_of(session: Session, report: Report) -> Message | None:
    """Return the message that a report names by one of its random ids, the most trustworthy first."""
    for token in report.tokens[:5]:
        if (found := _by_token(session, token)) is not None:
            return found
    for header_id in report.header_ids[:20]:
        if _OUR_ID.fullmatch(header_id):
            found = session.scalars(select(Message).where(Message.header_id == header_id)).one_or_none()
            if found is not None:
                return found
    return None


def _by_token(session: Session, token: str) -> Message | None:
    domains = set()
    for address in session.scalars(select(Issuer.email)):
        with suppress(UnicodeError):  # an address without a sound domain never made a Message-ID
            domains.add(header_domain(address))
    exact = select(Message).where(Message.header_id.in_([f"<{token}@{domain}>" for domain in domains]))
    # An issuer may have moved to another domain since; that search has no index and is seldom needed.
    moved = select(Message).where(Message.header_id.startswith(f"<{token}@", autoescape=True))
    return session.scalars(exact).first() or session.scalars(moved).first()


def findings_for(message: Message, findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return the worst finding about each of the message's own recipients (normalised).

    Others are not its business.
    """
    found: dict[str, list[Finding]] = {normalised(address): [] for address in message.recipient.split("\n")}
    for finding in findings:
        for address in {normalised(named) for named in finding.addresses} & found.keys():
            found[address].append(finding)
    return {address: min(about, key=_rank) for address, about in found.items() if about}


def worst(findings: Iterable[Finding]) -> Finding | None:
    """Return the worst of some findings."""
    return min(findings, key=_rank, default=None)


def _rank(finding: Finding) -> int:
    return _WORST_FIRST.index(finding.kind)
