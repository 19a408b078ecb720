"""What DNS said of the domain that an issuer mails from, kept so that pages need not ask it."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Issuer
from paymail.ports.findings import Finding, Verdict
from paymail.services.outbox.suppressions import domain_of

LONGEST = 400
"""Characters that are kept of what DNS said, and of what to do."""


@dataclass(frozen=True, slots=True)
class SenderCheck:
    """One look at DNS: when, at which domain, and what was found."""

    at: datetime
    domain: str
    found: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of what was found; NOT_ASKED where nothing could be."""
        seen = {one.verdict for one in self.found}
        order = (Verdict.FAILED, Verdict.WARNING, Verdict.OK)
        return next((one for one in order if one in seen), Verdict.NOT_ASKED)


def last_check(issuer: Issuer) -> SenderCheck | None:
    """Return the last look at the domain that an issuer mails from now; None if there was none."""
    if not issuer.sender_findings:
        return None
    kept = json.loads(issuer.sender_findings)
    if kept["domain"] != domain_of(issuer.email):
        return None
    found = (Finding("dns records", Verdict(v), text, remedy) for v, text, remedy in kept["found"])
    return SenderCheck(datetime.fromisoformat(kept["at"]), kept["domain"], tuple(found))


def keep(session: Session, *, issuer_id: int, domain: str, found: list[Finding], now: datetime) -> None:
    """Keep what was found at a domain, in place of what was before."""
    rows = [(one.verdict.value, _plain(one.found), _plain(one.remedy)) for one in found]
    kept = {"at": now.isoformat(), "domain": domain, "found": rows}
    session.get_one(Issuer, issuer_id).sender_findings = json.dumps(kept)


def _plain(text: str) -> str:
    # What DNS said may hold anything, control characters included.
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST]
