"""Reports of many servers are read for what they say, and no bytes can do harm."""

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paymail.ports.return_path import NoToken, verp_address, verp_token
from paymail.services.bounces import Kind, parse
from tests.dsn import DSN, TOKEN, sample

HEADER_ID = f"<{TOKEN}@southern-it.example>"
SAID = {
    "postfix_unknown_user": (Kind.HARD, "5.1.1", True),
    "postfix_no_domain": (Kind.HARD, "5.4.4", True),
    "postfix_delayed": (Kind.SOFT, "4.4.1", False),
    "postfix_expired": (Kind.HARD, "4.4.1", False),
    "postfix_delivered": (Kind.DELIVERED, "2.0.0", False),
    "office365_not_found": (Kind.HARD, "5.1.10", True),
    "office365_mailbox_full": (Kind.HARD, "5.2.2", False),
    "gmail_not_found": (Kind.HARD, "5.1.1", True),
    "gmail_spam": (Kind.HARD, "5.7.1", False),
    "exim_unknown_user": (Kind.HARD, "5.0.0", True),
    "exim_old_style": (Kind.HARD, "5.1.1", True),
    "qmail_unknown_user": (Kind.HARD, "5.1.1", True),
    "sendmail_unknown_user": (Kind.HARD, "5.1.1", True),
    "sendmail_delayed": (Kind.SOFT, "4.2.0", False),
    "godaddy_rate_as_5_1_1": (Kind.HARD, "5.1.1", False),
    "mailbox_full_as_5_1_1": (Kind.HARD, "5.1.1", False),
    "spamhaus_status_5_1_3": (Kind.HARD, "5.1.3", False),
    "relaying_denied_5_1_2": (Kind.HARD, "5.1.2", False),
    "sendmail_status_5_1_1_reply_5_7_1": (Kind.HARD, "5.7.1", False),
    "office365_5_1_351": (Kind.HARD, "5.1.351", True),
    "docomo_5_2_0_unknown_user": (Kind.HARD, "5.2.0", True),
    "orange_5_5_0_invalid_recipient": (Kind.HARD, "5.5.0", True),
    "x_supplementary_info": (Kind.HARD, "5.0.0", True),
    "ironport_5_1_0_rejected": (Kind.HARD, "5.1.0", True),
    "exchange_dbeb_5_4_1": (Kind.HARD, "5.4.1", True),
    "boundary_words_in_invoice": (Kind.HARD, "5.1.1", True),
    "opensmtpd_plain": (Kind.HARD, "5.1.1", True),
    "no_status_part_german_exchange": (Kind.HARD, "5.1.1", True),
    "unknown_local_5_1_1_no_action": (Kind.HARD, "4.4.7", False),
    "global_status_utf8": (Kind.HARD, "5.1.1", True),
    "delayed_then": (Kind.SOFT, "4.2.2", False),
    "barracuda_quarantine_451": (Kind.HARD, "5.7.1", False),
    "moved_5_1_6": (Kind.HARD, "5.1.6", True),
    "http_520_in_detail": (Kind.HARD, "5.0.0", False),
}
NO_BOUNCE = (
    "vacation",
    "outlook_automatic_reply",
    "auto_reply_left_company",
    "out_of_office_from_postmaster_box",
    "read_receipt_mdn",
)
OF_THEIR_OWN = {"arf_complaint", "forwarded_final_differs"}
"""Judged by what they do, in test_bounce_effects.py and test_complaints.py."""


def test_every_sample_is_judged() -> None:
    assert {file.stem for file in DSN.glob("*.eml")} == {*SAID, *NO_BOUNCE, *OF_THEIR_OWN}


@pytest.mark.parametrize("name", SAID)
def test_a_report_is_read_for_what_it_says(name: str) -> None:
    report = parse(sample(name))
    (finding,) = report.findings
    assert (finding.kind, finding.status, finding.bad_address) == SAID[name]
    assert "c502@customer.example" in [address.lower() for address in finding.addresses]
    assert TOKEN in report.tokens or HEADER_ID in report.header_ids
    assert not report.fault


@pytest.mark.parametrize("name", SAID)
def test_line_ends_make_no_difference(name: str) -> None:
    crlf = parse(sample(name).replace(b"\n", b"\r\n"))
    assert crlf.findings == parse(sample(name)).findings
    assert crlf.header_ids == parse(sample(name)).header_ids


@pytest.mark.parametrize("name", NO_BOUNCE)
def test_what_people_and_their_programs_answer_is_no_bounce(name: str) -> None:
    assert parse(sample(name)).findings == ()


def test_a_quoted_pay_link_loses_its_token() -> None:
    (finding,) = parse(sample("gmail_spam")).findings
    assert "pay.example/pay/…" in finding.detail
    assert "abababab" not in finding.detail


def test_the_return_path_carries_the_random_part_of_the_message_id() -> None:
    address = verp_address("bounces@pay.example", HEADER_ID)
    assert address == f"bounces+{TOKEN}@pay.example"
    assert verp_token(address.upper()) == TOKEN
    with pytest.raises(NoToken):
        verp_address("bounces@pay.example", "<other@x>")
    assert verp_token("bounces@pay.example") is None


def nested(depth: int) -> bytes:
    heads = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (i, i) for i in range(depth)
    )
    return heads + b"Content-Type: text/plain\n\nx"


def test_containers_that_stand_beside_each_other_are_counted_too() -> None:
    part = b"--b\nContent-Type: message/rfc822\n\nSubject: x\n\nx\n"
    raw = b'Content-Type: multipart/mixed; boundary="b"\n\n' + part * 40
    assert parse(raw).fault == "nested too deeply"


HOSTILE = {
    "nothing": b"",
    "NUL": b"\0" * 1000,
    "deep multiparts": nested(3000),
    "deep messages": b"Content-Type: message/rfc822\n\n" * 5000,
    "one endless line": b"To: " + b"a+" * 400_000,
    "endless blank lines": b"Content-Type: message/delivery-status\n" + b"\n" * 400_000,
    "many blocks": b"Content-Type: message/delivery-status\n\n" + b"a\n\n" * 200_000,
    "many recipients": b"Content-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822;a@b.example\nAction: failed\n\n" * 9000,
    "unknown charset": b"From: mailer-daemon@x\nContent-Type: text/plain; charset=klingon-8\n\n\xff\xfe",
    "broken base64": b"From: mailer-daemon@x\nContent-Transfer-Encoding: base64\n\n=A=",
    "surrogates": b"From: mailer-daemon@\xff\xed\xa0\x80\nTo: \xff+" + TOKEN.encode() + b"@x\n\n\xed\xa0\x80",
    "one endless address": b"From: mailer-daemon@x\n\n550 " + b"a-." * 80_000 + b"@" + b"a." * 80_000,
    "endless copies": b"From: mailer-daemon@x\n\n" + b"-----" * 50_000 + b"\noriginal message" * 9000,
    "endless tags": b"From: mailer-daemon@x\nContent-Type: text/html\n\n" + b"<style " * 40_000,
    "endless lines of tags": b"From: mailer-daemon@x\nContent-Type: text/html\n\n" + b"<style \n" * 30_000,
    # Looked at as it grows by its square, it would take half an hour: the test's own time limit ends it.
    "a line of blanks that base64 hides": b"Subject: Undelivered mail\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(b" " * 160_000),
    "recipients that each look through the text": b'Content-Type: multipart/report; boundary="b"\n\n--b\n\n'
    + b"a@b.example 550 \n" * 2000
    + b"\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: x;c@d.example\nAction: failed\n"
    * 900,
    "endless feedback": b"Content-Type: message/feedback-report\n\n" + b"Feedback-Type: abuse\n\n" * 9000,
    "endless base64": b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
    + b"QWN0aW9u" * 30_000,
    "26 MB": b"x" * (26 * 1024 * 1024),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(20)
def test_hostile_input_is_only_unreadable(name: str) -> None:
    report = parse(HOSTILE[name])
    assert len(report.findings) <= 50
    assert report.findings or report.fault


@settings(deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes_give_a_report(raw: bytes) -> None:
    assert len(parse(raw).digest) == 64


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SAID)), st.integers(0, 4000), st.binary(max_size=30), st.integers(0, 60))
def test_a_damaged_report_gives_a_report(name: str, at: int, put: bytes, cut: int) -> None:
    raw = sample(name)
    at %= len(raw)
    found = parse(raw[:at] + put + raw[at + cut :])
    for finding in found.findings:
        (finding.detail + finding.status + "".join(finding.addresses)).encode("utf-8")
        assert "\0" not in finding.detail
