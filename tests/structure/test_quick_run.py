"""What `make quick` leaves out is found by itself, and where the time went is added up."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import redis_url, sandbox, sqlite_template
from tests.contract.mail.sink import Sink
from tests.factories import NOW
from tests.faults.office import Office
from tests.journeys.conftest import Up
from tests.server_needs import reaches_server
from tests.time_per_folder import seconds_per_folder


class Inside:
    """Starts a process two calls away."""

    def go(self) -> None:
        with_more()


def with_more() -> None:
    subprocess.run(["true"], check=True)


def runs_a_program() -> None:
    assert [thing.go() for thing in [Inside()]] == [None]


def starts_paymail() -> None:
    assert Up(Path()).url


def has_an_smtp_server() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


def is_given_processes(office: Office) -> None:
    assert office.lease


def computes() -> None:
    assert NOW.year + len(seconds_per_folder([]))


@pytest.mark.parametrize(
    "function", [runs_a_program, starts_paymail, has_an_smtp_server, is_given_processes, redis_url]
)
def test_what_leads_to_a_server_or_a_process_is_left_out(function: Callable[..., object]) -> None:
    assert reaches_server(getattr(function, "__wrapped__", function))  # type: ignore[arg-type]


@pytest.mark.parametrize("function", [computes, sqlite_template, sandbox])
def test_what_needs_a_file_or_a_thread_only_is_not(function: Callable[..., object]) -> None:
    assert not reaches_server(getattr(function, "__wrapped__", function))  # type: ignore[arg-type]


def test_every_half_on_a_server_is_left_out_and_the_one_on_sqlite_is_not(
    request: pytest.FixtureRequest, database_url: str
) -> None:
    if request.config.getoption("--quick"):
        assert database_url.startswith("sqlite")


def test_the_time_of_a_run_is_added_up_by_folder_with_the_slowest_first() -> None:
    def took(node: str, seconds: float) -> pytest.TestReport:
        return pytest.TestReport(node, ("", 0, ""), {}, "passed", None, "call", duration=seconds)

    reports = [
        took("tests/test_a.py::a", 1),
        took("tests/web/pay/test_b.py::b", 2),
        took("tests/web/c.py", 3),
    ]
    assert seconds_per_folder([*reports, "no report"]) == [("tests/web", 5), ("tests", 1)]
