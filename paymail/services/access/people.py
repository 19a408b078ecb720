"""The people of the staff: who there is, and which roles they have."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput, NotFound
from paymail.models import Role, StaffLink, StaffRole, StaffSession, StaffUser
from paymail.services.access import audit, second_factor
from paymail.services.access.logins import account_of
from paymail.services.access.password_links import make_link
from paymail.services.access.roles import Roles, roles_of
from paymail.services.core.email_addresses import checked
from paymail.services.core.issuers import find_issuer


class NoSuchPerson(NotFound):
    """Nobody with an account has this address or id."""

    code = "no_such_person"


class LastAdmin(Conflict):
    """Without this person nobody could give roles any more."""

    code = "last_admin"


class PersonExists(Conflict):
    """Somebody has an account with this address."""

    code = "person_exists"


class BadChoice(InvalidInput):
    """Nothing of this name can be done with a second factor."""

    code = "bad_choice"


class NoIssuerChosen(InvalidInput):
    """It is not said for which issuer; that does not mean every one."""

    code = "no_issuer_chosen"


class BadRole(InvalidInput):
    """The role is none that there is."""

    code = "bad_role"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    user: StaffUser
    roles: Roles


def people(session: Session) -> list[Person]:
    """Return everybody with an account, by address; two statements however many they are."""
    users = session.scalars(
        select(StaffUser).where(StaffUser.disabled_at.is_(None)).order_by(StaffUser.email)
    ).all()
    held: dict[int, list[tuple[int | None, Role]]] = {user.user_id: [] for user in users}
    for row in session.scalars(select(StaffRole).order_by(StaffRole.role_id)):
        held.get(row.user_id, []).append((row.issuer_id, row.role))
    return [Person(user, roles_of(held[user.user_id])) for user in users]


def person_of(session: Session, *, email: str = "", user_id: int = 0) -> StaffUser:
    """Return the account of an address or an id, under its row lock. Raises NoSuchPerson."""
    which = StaffUser.email == account_of(email) if email else StaffUser.user_id == user_id
    statement = select(StaffUser).where(which, StaffUser.disabled_at.is_(None)).with_for_update()
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NoSuchPerson("nobody with an account has this address; `paymail staff list` shows everybody")
    return found


def to_change(session: Session, *, email: str = "", user_id: int = 0) -> StaffUser:
    """As `person_of`, with the admins of all issuers locked before: two of them who change each other at once
    wait for one another, rather than each for a row that the other has. Raises NoSuchPerson.
    """
    _lock_admins(session)
    return person_of(session, email=email, user_id=user_id)


def role_named(text: str) -> Role:
    """Return the role of a name. Raises BadRole."""
    if text not in set(Role):
        raise BadRole(f"{text[:20]!r} is not a role; choose {', '.join(Role)}")
    return Role(text)


def issuer_named(session: Session, ref: str | None) -> int | None:
    """Return the id of an issuer's id or name; of None, which is every issuer, None.

    Raises NoIssuerChosen, NoSuchIssuer.
    """
    if ref is None:
        return None
    if not ref.strip():
        raise NoIssuerChosen("the issuer is empty; name one, or leave it out for all issuers")
    return find_issuer(session, ref=ref).issuer_id


def set_role(session: Session, user: StaffUser, *, role: Role | None, issuer_id: int | None = None) -> None:
    """Give a person a role for an issuer or (None) for all; without a role, take it. Raises LastAdmin."""
    if issuer_id is None and role is not Role.ADMIN:
        keep_an_admin(session, user)
    same = StaffRole.issuer_id.is_(None) if issuer_id is None else StaffRole.issuer_id == issuer_id
    of = f" of issuer {issuer_id}" if issuer_id else ""
    present = session.scalars(select(StaffRole).where(StaffRole.user_id == user.user_id, same)).one_or_none()
    was, becomes = present.role if present else "none", role or "none"
    audit.note(session, "role", f"person {user.email}", name=f"role{of}", old=was, new=becomes)
    if role is None:
        if present is not None:
            session.delete(present)
    elif present is not None:
        present.role = role
    else:
        session.add(StaffRole(user_id=user.user_id, issuer_id=issuer_id, role=role))
    session.flush()


def invite(
    session: Session, *, email: str, role: Role, issuer_id: int | None, actor: str, now: datetime
) -> str:
    """Make an account with a role; return the secret of the link by which the person sets their password.

    Raises PersonExists, BadAddress.
    """
    account = account_of(checked(email))
    user = session.scalars(
        select(StaffUser).where(StaffUser.email == account).with_for_update()
    ).one_or_none()
    if user is None:
        user = StaffUser(email=account, password_hash="", created_at=now)
        session.add(user)
        session.flush()
    elif user.disabled_at is None:
        raise PersonExists(f"{account} has an account already; change the role instead")
    else:
        user.disabled_at, user.password_hash = None, ""
        second_factor.reset(session, user)
    set_role(session, user, role=role, issuer_id=issuer_id)
    return make_link(session, user, actor=actor, now=now)


def remove(session: Session, user: StaffUser, now: datetime) -> None:
    """End an account with its sessions, links and roles; what the person did stays in their name.

    Raises LastAdmin.
    """
    keep_an_admin(session, user)
    audit.note(session, "removed", f"person {user.email}")
    user.disabled_at = now
    for table in (StaffSession, StaffLink, StaffRole):
        session.execute(delete(table).where(table.user_id == user.user_id))


def change_second_factor(session: Session, user: StaffUser, do: str) -> None:
    """`require` a second factor of a person, `allow` them to go without, or `reset` it: the phone is lost.

    Raises BadChoice.
    """
    audit.note(session, "second factor", f"person {user.email}", new=do[:20])
    match do:
        case "require" | "allow":
            user.totp_required = do == "require"
        case "reset":
            second_factor.reset(session, user)
        case _:
            raise BadChoice(f"{do[:20]!r} is not a choice; choose require, allow or reset")


def keep_an_admin(session: Session, user: StaffUser) -> None:
    """Raise LastAdmin if nobody else who can sign in is an admin of all issuers."""
    if _lock_admins(session) == [user.user_id]:
        raise LastAdmin(f"{user.email} is the only admin of all companies; make somebody else one first")


def _lock_admins(session: Session) -> list[int]:
    """Return who is an admin of all issuers and can sign in, by id, under their row locks."""
    statement = (
        select(StaffUser.user_id)
        .join(StaffRole, StaffRole.user_id == StaffUser.user_id)
        .where(StaffRole.issuer_id.is_(None), StaffRole.role == Role.ADMIN)
        .where(StaffUser.disabled_at.is_(None), StaffUser.password_hash != "")
        .order_by(StaffUser.user_id)
        # Two admins who remove each other at once: the second waits here, and finds that it is the last.
        .with_for_update()
    )
    return list(session.scalars(statement))
