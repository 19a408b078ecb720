"""Reminders that go out while their invoice is being paid: none is handed over after the payment."""

from paymail.models import MessageState
from tests.faults.checker import check, describe
from tests.faults.office import Office
from tests.faults.races import Races


def test_no_reminder_is_handed_over_after_its_payment_or_while_one_clears(office: Office) -> None:
    tally = Races(office).run(60)
    evidence = office.evidence()
    assert not (found := check(evidence)), describe(found)
    assert len(evidence.payments) == 60
    assert tally.ends[MessageState.SENT] >= 5, "too few reminders were ahead of the payment"
    assert tally.ends[MessageState.SUPPRESSED] >= 5, "too few payments were ahead of the reminder"
