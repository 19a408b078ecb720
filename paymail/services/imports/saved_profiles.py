"""Profiles of one's own: saved for one issuer's files or for everybody's, and read again."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound
from paymail.models import ImportProfile
from paymail.money import exponent
from paymail.services.imports.faults import shown
from paymail.services.imports.profiles import Profiles
from paymail.services.imports.profiles.definition import BadProfile, profile_of
from paymail.services.imports.profiles.profile import Profile

MOST = 100
"""Profiles that may be saved: every file without our own columns is held against each."""


class TooManyProfiles(Conflict):
    """One has to be removed first."""

    code = "too_many_profiles"


class NoSavedProfile(NotFound):
    """Nobody saved a profile of that name."""

    code = "no_saved_profile"


def save(
    session: Session, *, name: str, definition: Mapping[str, Any], issuer_id: int | None, now: datetime
) -> Profile:
    """Save a profile under a name, in place of one that has it. Raises BadProfile, TooManyProfiles."""
    profile = profile_of(name, definition)
    found = session.get(ImportProfile, name)
    if found is None:
        if (session.scalar(select(func.count()).select_from(ImportProfile)) or 0) >= MOST:
            raise TooManyProfiles(f"there are {MOST} saved profiles already: remove one first")
        found = ImportProfile(name=name)
        session.add(found)
    found.issuer_id, found.saved_at = issuer_id, now
    found.definition = json.dumps(definition, ensure_ascii=True)
    return profile


def remove(session: Session, *, name: str) -> None:
    """Remove a saved profile. Raises NoSavedProfile."""
    session.delete(get(session, name=name))
    session.flush()


def get(session: Session, *, name: str) -> ImportProfile:
    """Return a saved profile as it is stored. Raises NoSavedProfile."""
    found = session.get(ImportProfile, name)
    if found is None:
        raise NoSavedProfile(f"there is no saved profile {shown(name)}")
    return found


def listed(session: Session) -> list[ImportProfile]:
    """Return all saved profiles by name."""
    return list(session.scalars(select(ImportProfile).order_by(ImportProfile.name)))


def definition_of(saved: ImportProfile) -> dict[str, Any]:
    """Return what was saved."""
    found: dict[str, Any] = json.loads(saved.definition)
    return found


def profiles_for(session: Session, *, issuer_id: int, asked: str = "", currency: str = "") -> Profiles:
    """Return what an issuer's files may be read by: saved profiles, without those that are refused by now.

    `asked` names the one to read by, `currency` that of files that name none. Raises NoSuchProfile,
    UnknownCurrency.
    """
    found = Profiles(_saved(session, issuer_id), asked, currency.strip().upper())
    if asked:
        found.named()  # before the file is read
    if currency:
        exponent(found.currency)
    return found


def _saved(session: Session, issuer_id: int) -> tuple[Profile, ...]:
    mine = or_(ImportProfile.issuer_id.is_(None), ImportProfile.issuer_id == issuer_id)
    found = []
    for saved in session.scalars(select(ImportProfile).where(mine).order_by(ImportProfile.name)):
        try:
            found.append(profile_of(saved.name, definition_of(saved)))
        except BadProfile:
            continue
    return tuple(found)
