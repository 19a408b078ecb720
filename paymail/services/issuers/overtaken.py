"""Two people who change the same setting: the second is told what the first one did, and decides."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.errors import Conflict
from paymail.models import Issuer, IssuerChange
from paymail.services.issuers import bank_changes
from paymail.services.issuers.bank_details import BANK_FIELDS
from paymail.services.issuers.setting_texts import write


class Overtaken(Conflict):
    """Somebody else changed these settings since the page was opened; nothing was saved."""

    code = "changed_meanwhile"

    def __init__(self, by: Mapping[str, tuple[str, str] | None]) -> None:
        """`by` says of each who changed it last, and to what; None where that is not known."""
        super().__init__(f"changed by somebody else since you opened the page: {', '.join(by)}")
        self.by = by


def refuse_overtaken(
    session: Session, issuer: Issuer, wanted: Mapping[str, Any], seen: Mapping[str, str]
) -> None:
    """Raise Overtaken if what is changed of an issuer, which is locked, is not as `seen`.

    What somebody else has set to the very same is no reason to refuse.
    """
    present = {name: write(name, getattr(issuer, name)) for name in wanted if name not in BANK_FIELDS}
    present |= bank_changes.asked_for(session, issuer)
    lost = [
        name
        for name, value in wanted.items()
        if name in seen and present[name] not in (seen[name], write(name, value))
    ]
    if not lost:
        return
    newest = select(func.max(IssuerChange.change_id)).where(
        IssuerChange.issuer_id == issuer.issuer_id, IssuerChange.setting.in_(lost)
    )
    rows = session.scalars(
        select(IssuerChange).where(IssuerChange.change_id.in_(newest.group_by(IssuerChange.setting)))
    )
    found = {row.setting: (row.actor, row.new) for row in rows}
    raise Overtaken({name: found.get(name) for name in lost})
