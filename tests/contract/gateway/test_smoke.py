"""The script of `make smoke-stripe` is known to work, refuses live keys, and prints no key."""

from collections.abc import Iterator

import pytest

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from tests.contract.gateway.smoke import main

KEY = "sk_test_sandbox"


@pytest.fixture
def sandbox_alone() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig()) as server:
        yield server


def run(environ: dict[str, str], base: str = "http://127.0.0.1:9") -> tuple[int, str]:
    said: list[str] = []
    return main(["--base", base], environ, said.append), "\n".join(said)


@pytest.mark.parametrize("account", ["acct_sandbox", ""])
def test_it_passes_against_the_sandbox(sandbox_alone: SandboxServer, account: str) -> None:
    code, said = run({"STRIPE_TEST_SECRET_KEY": KEY, "STRIPE_TEST_ACCOUNT": account}, sandbox_alone.url)
    assert code == 0, said
    assert "all as the SDK's types say" in said
    assert KEY not in said


def test_without_a_key_it_says_what_is_missing() -> None:
    code, said = run({})
    assert (code, "STRIPE_TEST_SECRET_KEY is missing" in said) == (3, True)


@pytest.mark.parametrize("key", ["sk_live_abcdef123456", "rk_live_abcdef123456", "pk_test_x", "nonsense"])
def test_it_touches_nothing_with_another_key_than_a_test_one(key: str) -> None:
    code, said = run({"STRIPE_TEST_SECRET_KEY": key})
    assert code == 3
    assert key not in said


def test_a_key_that_stripe_does_not_know_fails_without_being_printed(sandbox_alone: SandboxServer) -> None:
    key = "sk_test_wrongwrongwrong"
    code, said = run({"STRIPE_TEST_SECRET_KEY": key}, sandbox_alone.url)
    assert (code, "FAILED" in said) == (1, True)
    assert "wrongwrong" not in said


def test_a_surprise_is_a_failure(sandbox_alone: SandboxServer) -> None:
    code, said = run(
        {"STRIPE_TEST_SECRET_KEY": KEY, "STRIPE_TEST_ACCOUNT": "acct_sandbox", "STRIPE_TEST_CURRENCY": "XXX"},
        sandbox_alone.url,
    )
    assert (code, "FAILED" in said) == (1, True)
