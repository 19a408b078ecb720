"""One place says who may do what, and somebody can always give roles."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from paymail import db
from paymail.db import make_engine
from paymail.models import Role, StaffUser
from paymail.services.access import people, roles
from paymail.services.access.people import LastAdmin, NoSuchPerson
from paymail.services.access.roles import Act, Roles, issuers_of, may
from paymail.services.access.staff_passwords import set_password
from tests.factories import NOW, make_invoice
from tests.lender import Lender
from tests.services.access.signing_in import login_context as office
from tests.services.blocked import wait_until_blocked

PASSWORD = "correct horse battery staple"


@pytest.mark.parametrize("act", [act for act in Act if act is not Act.OWN])
@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_what_those_before_it_may(role: Role, act: Act) -> None:
    allowed = list(Role).index(role) >= list(Role).index(roles.LEAST[act])
    assert may(Roles(role), act) is may(Roles(role), act, 7) is allowed
    assert issuers_of(Roles(role), act) == (None if allowed else frozenset())


def test_a_role_for_one_issuer_says_nothing_of_the_others() -> None:
    held = Roles(Role.VIEWER, ((7, Role.BILLER), (8, Role.ADMIN)))
    assert may(held, Act.BILL, 7)
    assert not may(held, Act.BILL, 9)
    assert not may(held, Act.BILL)  # of all: not of an issuer that is yet to come
    assert issuers_of(held, Act.BILL) == {7, 8}
    assert issuers_of(held, Act.ADMINISTER) == {8}
    assert issuers_of(held, Act.SEE) is None
    assert issuers_of(Roles(), Act.SEE) == frozenset()


def test_the_only_admin_of_all_stays_one(engine: Engine) -> None:
    context = office(engine)
    set_password(context, email="Ann@office.example", password=PASSWORD)
    with db.transaction(engine) as session:
        make_invoice(session)
        ann = people.person_of(session, email=" ANN@office.example")
        with pytest.raises(LastAdmin):
            people.set_role(session, ann, role=Role.BILLER)
        with pytest.raises(LastAdmin):
            people.set_role(session, ann, role=None)
        people.set_role(session, ann, role=Role.BILLER, issuer_id=1)
    set_password(context, email="ben@office.example", password=PASSWORD)
    with db.transaction(engine) as session:
        people.set_role(session, people.person_of(session, email="ann@office.example"), role=None)
    with db.reading(engine) as session:
        held = {one.user.email: one.roles for one in people.people(session)}
    assert held == {
        "ann@office.example": Roles(None, ((1, Role.BILLER),)),
        "ben@office.example": Roles(Role.ADMIN),
    }


@pytest.fixture
def server(lender: Lender) -> Iterator[Engine]:
    """On PostgreSQL: SQLite has one writer at a time."""
    with lender.lend() as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def test_of_two_admins_who_remove_each_other_at_once_the_second_is_refused(server: Engine) -> None:
    for name in ("ann", "ben"):
        set_password(office(server), email=f"{name}@office.example", password=PASSWORD)

    def remove_ann() -> None:
        with db.transaction(server) as session:
            people.remove(session, people.to_change(session, email="ann@office.example"), NOW)

    with ThreadPoolExecutor(1) as pool:
        with db.transaction(server) as session:
            ben = people.to_change(session, email="ben@office.example")
            other: Future[object] = pool.submit(remove_ann)
            wait_until_blocked(server, other)
            people.remove(session, ben, NOW)
        with pytest.raises(LastAdmin):
            other.result()


def test_an_admin_who_cannot_sign_in_yet_is_no_other_admin(engine: Engine) -> None:
    set_password(office(engine), email="ann@office.example", password=PASSWORD)
    with db.transaction(engine) as session:
        session.add(StaffUser(email="new@office.example", password_hash="", created_at=NOW))
        session.flush()
        people.set_role(session, people.person_of(session, email="new@office.example"), role=Role.ADMIN)
        with pytest.raises(LastAdmin):
            people.set_role(session, people.person_of(session, email="ann@office.example"), role=Role.VIEWER)
        with pytest.raises(NoSuchPerson):
            people.person_of(session, email="nobody@office.example")
