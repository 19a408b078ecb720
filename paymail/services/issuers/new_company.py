"""Adding a company by a form: all of it is right, or none of it is kept."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import Issuer
from paymail.services.core.email_addresses import checked
from paymail.services.core.issuers import IssuerExists, create_issuer
from paymail.services.issuers.issuer_settings import set_up_issuer
from paymail.services.issuers.setting_faults import SettingFaults, read_all
from paymail.services.issuers.setting_history import record

LONGEST_NAME = 300
UNWRITTEN = "nobody@paymail.invalid"
"""Stands in the row while the faults of the rest are looked for; it is never kept."""


def add_company(
    session: Session, *, name: str, texts: Mapping[str, str], actor: str, now: datetime
) -> Issuer:
    """Make an issuer with its details as people wrote them, `email` among them.

    Raises SettingFaults naming every fault; the transaction must then be rolled back.
    """
    faults = {} if name else {"name": "enter the name"}
    if len(name) > LONGEST_NAME:
        faults["name"] = f"a name can have at most {LONGEST_NAME} characters"
    if not name.isprintable():
        faults["name"] = "the name contains a line break or a character that cannot be printed"
    email = texts.get("email", "")
    try:
        email = checked(email)
    except PaymailError:
        email = UNWRITTEN  # `read_all` says it with the others
    try:
        with session.begin_nested():
            issuer = create_issuer(session, name=name[:LONGEST_NAME], email=email, now=now)
    except IssuerExists:
        raise SettingFaults({"name": "there is a company of this name already"}) from None
    try:
        changes = read_all(issuer, texts)
    except SettingFaults as error:
        raise SettingFaults(faults | dict(error.faults)) from error
    if faults:
        raise SettingFaults(faults)
    record(session, issuer, "created", ("", name), actor, now)
    set_up_issuer(session, issuer=issuer, changes=changes, actor=actor, now=now)
    return issuer
