"""Workers killed at random under a failing mail server: the books agree with what was handed over."""

from tests.brokers import OwnRedis
from tests.faults.checker import Breach, check, describe, figures
from tests.faults.office import Office
from tests.faults.storm import Storm, Weather
from tests.postgres import Cluster


def test_a_storm_over_sqlite_and_files_loses_and_repeats_nothing(sqlite_office: Office) -> None:
    passes(sqlite_office, Weather(messages=120, kills=8))


def test_a_storm_over_servers_that_fail_too_loses_and_repeats_nothing(
    postgres_office: Office, postgres: Cluster, own_redis: OwnRedis
) -> None:
    outside = (postgres.drop_connections, postgres.restart_at_once, own_redis.flush, own_redis.bounce)
    weather = Weather(messages=120, kills=8, pools=("threads", "prefork"), outside=outside, outside_every=2)
    passes(postgres_office, weather)


def passes(office: Office, weather: Weather) -> None:
    damage = Storm(office, weather).run()
    evidence = office.evidence()
    assert not (found := check(evidence)), describe(found)
    counts = figures(evidence)
    assert damage.kills == weather.kills
    assert counts["acknowledged"] >= weather.messages
    assert counts["sent"] > weather.messages / 2
    assert counts["payments"] > 0


def test_the_same_storm_catches_a_deliverer_that_only_leases_and_retries(sqlite_office: Office) -> None:
    Storm(sqlite_office, Weather(messages=100, kills=8, beats=0, role="naive")).run()
    found = [f for f in check(sqlite_office.evidence()) if f.breach is Breach.DUPLICATE]
    assert found, "a checker that does not see these duplicates would see none"
