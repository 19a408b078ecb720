"""Workers killed at random under a failing mail server: the books agree with what was handed over."""

from tests.faults.checker import Breach, check, describe, figures
from tests.faults.office import Office
from tests.faults.storm import Storm, Weather


def test_a_storm_loses_and_repeats_nothing(office: Office) -> None:
    damage = Storm(office, Weather(messages=120, kills=8)).run()
    evidence = office.evidence()
    assert not (found := check(evidence)), describe(found)
    counts = figures(evidence)
    assert damage.kills == 8
    assert counts["acknowledged"] >= 120
    assert counts["sent"] > 80
    assert counts["payments"] > 0


def test_the_same_storm_catches_a_deliverer_that_only_leases_and_retries(office: Office) -> None:
    Storm(office, Weather(messages=100, kills=8, role="naive")).run()
    found = [finding for finding in check(office.evidence()) if finding.breach is Breach.DUPLICATE]
    assert found, "a checker that does not see these duplicates would see none"
