"""What a person of the staff may do: a role, for all issuers or for single ones. `may` alone decides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from paymail.errors import Denied
from paymail.models import Role

RANK: Mapping[Role, int] = {role: rank for rank, role in enumerate(Role)}
"""Each role may do what those before it may."""


class Act(StrEnum):
    """What a page or a form asks for."""

    OWN = "own"
    """What concerns only the person: their password, sessions and saved views."""
    SEE = "see"
    """Look at invoices, emails and money, and export them."""
    BILL = "bill"
    """Send, remind, hold, record payments, void, and change customers."""
    REFUND = "refund"
    """Give money up: refund a payment, write off a balance."""
    ADMINISTER = "administer"
    """Change settings, people and keys."""


LEAST: Mapping[Act, Role] = {
    Act.SEE: Role.VIEWER,
    Act.BILL: Role.BILLER,
    Act.REFUND: Role.REFUNDER,
    Act.ADMINISTER: Role.ADMIN,
}
"""The least role for an act. Everybody with an account may do OWN."""


class NotAllowed(Denied):
    """The person's role does not allow the act."""

    code = "not_allowed"


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of one person."""

    everywhere: Role | None = None
    """For every issuer, of now and of later."""
    single: tuple[tuple[int, Role], ...] = ()
    """For single issuers, by id; where both hold, the higher one counts."""

    def of(self, issuer_id: int) -> Role | None:
        """Return the role for an issuer, None if there is none."""
        held = [role for role in (self.everywhere, dict(self.single).get(issuer_id)) if role]
        return max(held, key=RANK.__getitem__, default=None)


def roles_of(rows: Iterable[tuple[int | None, Role | None]]) -> Roles:
    """Return the roles that rows of (issuer, role) grant; an empty issuer is every one."""
    held = [(issuer_id, role) for issuer_id, role in rows if role is not None]
    return Roles(
        next((role for issuer_id, role in held if issuer_id is None), None),
        tuple((issuer_id, role) for issuer_id, role in held if issuer_id is not None),
    )


def may(roles: Roles, act: Act, issuer_id: int | None = None) -> bool:
    """Whether the person may do this for an issuer; without one, for every issuer of now and of later."""
    if act is Act.OWN:
        return True
    held = roles.everywhere if issuer_id is None else roles.of(issuer_id)
    return held is not None and RANK[held] >= RANK[LEAST[act]]


def issuers_of(roles: Roles, act: Act) -> frozenset[int] | None:
    """Return the issuers for which the person may do this; None: every one."""
    if may(roles, act):
        return None
    return frozenset(issuer_id for issuer_id, _ in roles.single if may(roles, act, issuer_id))


def refusal(roles: Roles, act: Act, issuer_id: int | None = None, *, everywhere: bool = False) -> NotAllowed:
    """Return why not, for the person to read."""
    held = roles.of(issuer_id) if issuer_id is not None else roles.everywhere
    if held is None and not roles.single:
        return NotAllowed("You have no role yet. Ask an admin to give you one.")
    needed = [role for role in Role if RANK[role] >= RANK[LEAST[act]]]
    where = " for all companies" if everywhere else " for this company" if issuer_id is not None else ""
    names = " or ".join(needed) if len(needed) < 4 else "any role"
    own = f"yours is {held}" if held else "yours is for single companies" if everywhere else "you have none"
    return NotAllowed(f"This needs the role {names}{where}; {own}. Ask an admin if you should be able to.")
