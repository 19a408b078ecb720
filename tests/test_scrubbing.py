"""Nothing that opens a door reaches a log, whoever logs it."""

import io
import json
import logging
import sys
import time

import pytest

from paymail import observability
from paymail.mail.replies import clean, judge
from paymail.observability import one_line, scrub
from paymail.services.bounces import parse

SECRETS = [
    "ab" * 32,
    "AB" * 32,
    "pi_3Abc_secret_dEf",
    "sk_live_51Habc",
    "sk_test_sandbox",
    "rk_live_x1",
    "whsec_abc123",
    "v1=" + "5" * 64,
    "pm_0123456789ab_" + "Zk-_9" * 8,
    "pm_0123456789ab_cut",
    "4242 4242 4242 4242",
    "4242424242424242",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_hidden(secret: str) -> None:
    assert secret not in scrub(f"GET /pay/{secret} failed: {secret}!")


def test_links_for_passwords_are_hidden() -> None:
    link = "https://pay.example/staff/password/k3Yq-_9zGh0ZtVwX?x=1"
    assert scrub(f"POST {link}: 404") == "POST https://pay.example/staff/password/[hidden]?x=1: 404"
    assert scrub("route /staff/password/{staff_token}") == "route /staff/password/{staff_token}"


@pytest.mark.parametrize("known", ["user:pa55", ":pa55", "user:p/a:5@5#", "user:", "token", "us%40er:'p\"a5"])
def test_passwords_in_addresses_are_hidden(known: str) -> None:
    assert scrub(f"no answer of redis://{known}@host:6379/0, again") == (
        "no answer of redis://[hidden]@host:6379/0, again"
    )


@pytest.mark.parametrize("line", ["see https://pay.example:8025/x, a@b.example", "https://x.example/~a@b/c"])
def test_addresses_without_a_password_stay(line: str) -> None:
    assert scrub(line) == line


@pytest.mark.parametrize(
    "part", ["pi_", "pi_a_secret", "://", "://:", "://a:a", "@://", "v1=0", "pm_0123456789ab_", "4 ", "a1"]
)
def test_scrubbing_takes_time_in_proportion_to_the_text(part: str) -> None:
    def seconds(size: int) -> float:
        text = part * (size // len(part))
        begun = time.process_time()
        scrub(text)
        return time.process_time() - begun

    # Eight times the text: eight times the work, not sixty-four times.
    assert min(seconds(160_000) for _ in range(3)) < 24 * min(seconds(20_000) for _ in range(3)) + 0.005


def test_whatever_was_presented_as_a_bearer_is_hidden() -> None:
    assert scrub("Authorization: Bearer not-one-of-ours-123") == "Authorization: Bearer [hidden]"


def test_ordinary_words_stay() -> None:
    line = "invoice 502 of 2026-03-12 to The Vacuum Shop, AUD 82.50, pi_3Abc pm_1NabcDEF, a bearer key"
    assert scrub(line) == line


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    before = logging.getLogger().handlers[:]
    observability.configure("INFO", as_json=True)
    yield stream
    logging.getLogger().handlers[:] = before


def test_events_exceptions_and_foreign_loggers_are_scrubbed(stderr: io.StringIO) -> None:
    token = "ab" * 32
    observability.logger("paymail.x").info(f"seen {token}", url=f"/pay/{token}", nested={"t": token})
    logging.getLogger("somebody.else").warning("their %s", token)
    try:
        raise RuntimeError(f"failed at {token}")
    except RuntimeError:
        observability.logger("paymail.x").exception("it failed")
    lines = [json.loads(line) for line in stderr.getvalue().splitlines()]
    assert len(lines) == 3
    assert token not in stderr.getvalue()
    assert "RuntimeError" in stderr.getvalue()


TOKEN = "0123456789abcdef" * 4
FOLDED = [
    TOKEN,
    TOKEN.upper(),
    f"{TOKEN[:30]}\r\n {TOKEN[30:]}",
    f"{TOKEN[:30]}=\r\n{TOKEN[30:]}",
    f"{TOKEN[:10]}\n5.7.1 {TOKEN[10:]}",
    f"{TOKEN[:20]}\u200b{TOKEN[20:40]}\t\t{TOKEN[40:]}",
]


@pytest.mark.parametrize("token", FOLDED)
def test_a_server_that_quotes_a_pay_link_cannot_publish_its_token(token: str) -> None:
    reply = f"5.7.1 blocked, see link https://pay.example/pay/{token} for more"
    expected = "550 5.7.1 blocked, see link https://pay.example/pay/… for more"
    assert judge((550, reply.encode()), "dot").detail == expected
    assert clean(ValueError(token)) == "ValueError: …"


@pytest.mark.parametrize("token", [FOLDED[0], FOLDED[2]])
def test_a_report_that_folds_a_quoted_pay_link_loses_its_token(token: str) -> None:
    raw = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.7.1\r\n"
        f"Diagnostic-Code: smtp; 550 5.7.1 blocked https://pay.example/pay/{token}\r\n\r\n--b--\r\n"
    )
    (finding,) = parse(raw.encode()).findings
    assert finding.detail == "smtp; 550 5.7.1 blocked https://pay.example/pay/…"


def test_a_token_that_was_cut_short_is_no_safer_to_show() -> None:
    assert one_line(f"see /pay/{TOKEN[:40]}") == "see /pay/…"
    assert one_line(f"see /pay/\n {TOKEN[:63]}") == "see /pay/…"


def test_what_a_server_says_beside_tokens_is_kept() -> None:
    said = "250 2.0.0 Ok: queued as 4bXy9z1234567890123456, see /pay/invoices; facade, decade and bead"
    assert one_line(said) == said
    assert one_line("a\ud800\x00b\u2028c", 5) == "a b c"
