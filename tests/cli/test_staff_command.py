"""Staff users by command."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from subprocess import PIPE, STDOUT
from typing import IO

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from paymail.cli import cli
from paymail.cli.sample_data import SAMPLE_STAFF, staff_password
from paymail.models import AuditEntry
from paymail.services.access.logins import LoginRefused, log_in
from paymail.services.access.password_links import set_by_link
from paymail.wiring import App
from tests.cli.running import run

EMAIL = "amy@southern-it.example"
FIRST, SECOND = "seven blue umbrellas", "seven red umbrellas"


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


def test_a_password_that_is_typed_at_a_terminal_is_asked_for_until_it_was_typed_the_same_twice(
    commands: App,
) -> None:
    command = [sys.executable, "-m", "paymail", "staff", "set-password", EMAIL]
    ours, theirs = os.openpty()
    with subprocess.Popen(
        command, stdin=theirs, stdout=PIPE, stderr=STDOUT, start_new_session=True
    ) as running:
        os.close(theirs)
        assert running.stdout is not None
        prompts = []
        for typed in (FIRST, "seven blue umbrella", SECOND, SECOND):
            # The terminal forgets what was typed before it was asked for.
            prompts.append(read_prompt(running.stdout))
            os.write(ours, f"{typed}\n".encode())
        said = running.stdout.read()
    os.close(ours)
    assert (running.returncode, b"umbrella" in said) == (0, False), said
    assert [prompt.split()[0] for prompt in prompts] == [b"Password:", b"Repeat", b"Error:", b"Repeat"]
    log_in_as(commands, EMAIL, SECOND)


def read_prompt(stream: IO[bytes]) -> bytes:
    """Read up to the end of a prompt; a line that ends before it belongs to it."""
    read = b""
    while not read.endswith(b": ") or read.endswith(b"Error: "):
        read += (one := stream.read(1))
        assert one, read
    return read.strip()


def test_roles_are_given_taken_and_listed_and_the_last_admin_stays(two_invoices: App) -> None:
    staff_password(two_invoices)
    set_password(FIRST)
    given = run("staff", "role", EMAIL, "biller", "--issuer", "1")
    assert "biller of 1" in given.stdout
    run("staff", "role", EMAIL, "none")
    listed = {one["email"]: one for one in json.loads(run("staff", "list", "--json").stdout)}
    assert (listed[EMAIL]["role"], listed[EMAIL]["issuers"]) == (None, {"1": "biller"})
    assert f"{EMAIL:40} biller of" in run("staff", "list").stdout
    assert "only admin" in run("staff", "role", SAMPLE_STAFF, "viewer", expect=1).stderr
    assert "not a role" in run("staff", "role", EMAIL, "owner", expect=1).stderr
    run("staff", "role", EMAIL, "viewer", "--issuer", "Nobody", expect=1)


def test_somebody_is_invited_gets_another_link_and_is_removed(commands: App) -> None:
    staff_password(commands)
    first = run("staff", "add", EMAIL, "--role", "viewer").stdout.strip()
    second = run("staff", "link", EMAIL).stdout.strip()
    assert first.partition("/staff/password/")[2] != second.partition("/staff/password/")[2] != ""
    assert set_by_link(commands.login_context(), secret=second.rpartition("/")[2], password=FIRST) == EMAIL
    log_in_as(commands, EMAIL, FIRST)
    assert "no longer" in run("staff", "remove", EMAIL).stdout
    with pytest.raises(LoginRefused):
        log_in_as(commands, EMAIL, FIRST)
    assert "only admin" in run("staff", "remove", SAMPLE_STAFF, expect=1).stderr
    run("staff", "add", "nonsense", expect=1)


def test_an_empty_issuer_is_refused_and_does_not_mean_all(commands: App) -> None:
    staff_password(commands)
    assert "empty" in run("staff", "add", EMAIL, "--issuer", "", expect=1).stderr
    assert "empty" in run("staff", "role", SAMPLE_STAFF, "admin", "--issuer", " ", expect=1).stderr
    assert "empty" in run("keys", "issue", "x", "--scope", "read", "--issuer", "", expect=1).stderr
    assert EMAIL not in run("staff", "list").stdout


def test_who_was_removed_gets_no_password(commands: App) -> None:
    staff_password(commands)
    set_password(FIRST)
    run("staff", "remove", EMAIL)
    code, words = set_password(SECOND)
    assert (code, f"{EMAIL} was removed; invite them again" in words) == (1, True)


def test_a_second_factor_is_required_by_command(commands: App) -> None:
    set_password(FIRST)
    assert "require" in run("staff", "second-factor", EMAIL, "require").stdout
    run("staff", "second-factor", EMAIL, "reset")
    assert "not a choice" in run("staff", "second-factor", EMAIL, "nonsense", expect=1).stderr


def test_what_a_command_does_is_in_the_audit_log(two_invoices: App) -> None:
    staff_password(two_invoices)
    run("staff", "add", EMAIL, "--role", "viewer")
    run("invoices", "hold", "502")
    run("staff", "list")
    set_password(FIRST)
    with two_invoices.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.entry_id)).all()
    assert [(one.act, one.object) for one in entries] == [
        ("role", f"person {EMAIL}"),
        ("password link", f"person {EMAIL}"),
        ("reminders held", "invoice 502"),
        ("password", f"person {EMAIL}"),
    ]
    assert {(one.door, one.who.endswith(" (command line)")) for one in entries} == {("cli", True)}


def test_the_audit_log_is_listed_as_sentences_csv_and_json(two_invoices: App) -> None:
    staff_password(two_invoices)
    run("staff", "add", EMAIL, "--role", "viewer")
    run("invoices", "hold", "502")
    lines = run("audit", "list").stdout.splitlines()
    assert "held the reminders of invoice #502" in lines[0]
    assert f"changed the role of {EMAIL} for all companies: none → viewer" in lines[2]
    found = [
        json.loads(line) for line in run("audit", "list", "--json", "--about", "people").stdout.splitlines()
    ]
    assert [one["act"] for one in found] == ["password link", "role"]
    assert run("audit", "list", "--csv", "--issuer", "1").stdout.count("\n") == 2
    assert run("audit", "list", "--person", "nobody@x.example").stdout == ""
    assert run("audit", "list", "--since", "2200-01-01").stdout == ""
    run("audit", "list", "--csv", "--json", expect=2)


def test_a_value_of_several_lines_is_one_line_of_the_audit_log(two_invoices: App) -> None:
    run("issuers", "wording", "set", "1", "invoice", "en", "--opening", "Hello\n\n2026-01-01 boss voided all")
    (line,) = run("audit", "list").stdout.splitlines()
    assert "Hello 2026-01-01 boss voided all" in line
