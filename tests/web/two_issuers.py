"""Two issuers with an invoice each: what is the one's is not for who has the other's."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.models import Base, Customer, Invoice, Role, StaffUser
from paymail.services.access import people
from paymail.services.core.issuers import create_issuer
from tests.factories import NOW
from tests.web.conftest import STAFF, Biller, Site
from tests.web.http.known import known_rows

SECRETS = ("Vacuum Shop", "Southern IT", "c502@", "c503@", "#502", "#503")
"""What stands in pages about the rows of `known_rows`, all of the first issuer."""
OWN = "Northern Lights"
BOSS = "boss@paymail.example"
NOT_ACTS = ("staff_sessions", "saved_views")


def make_two(biller: Biller) -> dict[str, object]:
    """Make rows of the first issuer, and invoice 900 of a second; return the first's ids for each path."""
    known = known_rows(biller)
    biller.site.invoice(900, name="Open Door")
    with biller.site.app.transaction() as session:
        details = {
            "email": "b@northern.example",
            "tax_id": "51 824 753 556",
            "stripe_account": "acct_sandbox",
        }
        second = create_issuer(session, name=OWN, now=NOW, **details)
        invoice = session.get_one(Invoice, 900)
        invoice.issuer_id = second.issuer_id
        session.get_one(Customer, invoice.customer_id).issuer_id = second.issuer_id
    return known


def become(site: Site, role: Role | None, issuer_id: int | None = 2) -> None:
    """Leave the person at the pages no role but this one; somebody else is the admin."""
    with site.app.transaction() as session:
        people.set_role(session, _boss(session), role=Role.ADMIN)
        person = people.person_of(session, email=STAFF)
        people.set_role(session, person, role=None)
        people.set_role(session, person, role=role, issuer_id=issuer_id)


def _boss(session: Session) -> StaffUser:
    found = session.scalars(select(StaffUser).where(StaffUser.email == BOSS)).one_or_none()
    if found is None:
        found = StaffUser(email=BOSS, password_hash="x", created_at=NOW)
        session.add(found)
        session.flush()
    return found


def counted(site: Site) -> dict[str, int]:
    """Return how many rows each table has that an act writes to."""
    with site.app.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name not in NOT_ACTS
        }
