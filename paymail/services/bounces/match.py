"""Which message a report is about, and what it says of that message's recipients."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Issuer, Message
from paymail.services.bounces.report import Finding, Kind, Report
from paymail.services.outbox.header_ids import header_domain
from paymail.services.outbox.refusal_causes import PASSED_ON, Cause
from paymail.services.outbox.suppressions import normalised

_WORST_FIRST = (Kind.HARD, Kind.COMPLAINT, Kind.SOFT, Kind.DELIVERED)
_OUR_ID = re.compile(r"<[0-9a-f]{24}@[^<>@\s]{1,90}>", re.ASCII)


@dataclass(frozen=True, slots=True)
class Match:
    """What a report says of one of our messages."""

    message: Message
    found: dict[str, Finding] = field(default_factory=dict)
    """The worst finding about each of its own recipients (normalised)."""
    unclear: Finding | None = None
    """The worst that is about one of several recipients, without saying which."""
    complaint: Finding | None = None

    @property
    def finding(self) -> Finding | None:
        """What counts most."""
        return worst(self.found.values()) or self.unclear or self.complaint


def match(session: Session, report: Report) -> Match | None:
    """Return the message that a report names, and what it says of it; None if it names none of ours.

    That an email was passed on to another address is believed only if the report came to the return path of
    this message, or names its envelope id: a returned Message-ID may come from any copy.
    """
    message, by_token = _message_of(session, report)
    if message is None:
        return None
    complaint = next((one for one in report.findings if one.kind is Kind.COMPLAINT), None)
    found = findings_for(message, report.findings)
    rest = worst(one for one in report.findings if one.kind is not Kind.COMPLAINT)
    if found or rest is None or not (by_token or not rest.addresses):
        return Match(message, found, complaint=complaint)
    rest = _passed_on(rest) if rest.addresses else rest
    own = message.recipient.split("\n")
    if len(own) == 1:
        return Match(message, {normalised(own[0]): rest}, complaint=complaint)
    return Match(message, unclear=rest, complaint=complaint)


def _passed_on(finding: Finding) -> Finding:
    """Return a finding about where our recipient's mail goes to: whatever is wrong there, our address exists,
    and our DNS records do not cover who passes it on."""
    detail = f"{PASSED_ON}{finding.addresses[-1]}: {finding.detail}"[:300]
    return replace(finding, cause=Cause.OTHER, detail=detail)


def _message_of(session: Session, report: Report) -> tuple[Message | None, bool]:
    """Return the message named by one of a report's random ids, and whether that is not only a Message-ID."""
    for token in report.tokens[:5]:
        if (found := _by_token(session, token)) is not None:
            return found, True
    for header_id in report.header_ids[:20]:
        if _OUR_ID.fullmatch(header_id):
            found = session.scalars(select(Message).where(Message.header_id == header_id)).one_or_none()
            if found is not None:
                return found, False
    return None, False


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
    own = message.recipient.split("\n")
    found: dict[str, list[Finding]] = {normalised(address): [] for address in own}
    for finding in findings:
        if finding.kind is Kind.COMPLAINT:
            continue
        for address in {normalised(named) for named in finding.addresses} & found.keys():
            found[address].append(finding)
    worst_of_each = {address: min(about, key=_rank) for address, about in found.items() if about}
    return {
        address: finding if _final(finding) in ("", address) else _passed_on(finding)
        for address, finding in worst_of_each.items()
    }


def _final(finding: Finding) -> str:
    """Return who was meant to get it in the end (normalised), after aliases and forwarding, if known."""
    return normalised(finding.addresses[-1]) if "@" in finding.addresses[-1] else ""


def worst(findings: Iterable[Finding]) -> Finding | None:
    """Return the worst of some findings."""
    return min(findings, key=_rank, default=None)


def _rank(finding: Finding) -> int:
    return _WORST_FIRST.index(finding.kind)
