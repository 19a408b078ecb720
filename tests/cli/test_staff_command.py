"""Staff users by command."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from paymail.cli import cli
from paymail.cli.sample_data import SAMPLE_STAFF, staff_password
from paymail.services.access.logins import LoginRefused, log_in
from paymail.wiring import App

EMAIL = "amy@southern-it.example"


def set_password(password: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["staff", "set-password", EMAIL], input=password + "\n")
    return done.exit_code, done.output


def log_in_as(app: App, email: str, password: str) -> None:
    log_in(app.login_context(), email=email, password=password, lifetime=timedelta(hours=1))


def test_a_password_that_was_typed_opens_the_staff_pages(commands: App) -> None:
    code, words = set_password("seven blue umbrellas")
    assert (code, "can sign in" in words) == (0, True)
    assert "umbrellas" not in words
    log_in_as(commands, EMAIL, "seven blue umbrellas")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "12 to 256 characters"),
        ("password1234", "too common"),
        ("amy-southern-it", "mostly made of your email address"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(commands: App, password: str, reason: str) -> None:
    code, words = set_password(password)
    assert (code, reason in words) == (1, True)
    assert password not in words
    with pytest.raises(LoginRefused):
        log_in_as(commands, EMAIL, password)


def test_the_password_that_up_makes_is_good_enough(commands: App) -> None:
    log_in_as(commands, SAMPLE_STAFF, staff_password(commands))
