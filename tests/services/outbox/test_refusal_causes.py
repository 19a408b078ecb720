"""Only "no such mailbox or domain" condemns an address; only its DNS or reputation blames the sender."""

import pytest

from paymail.services.outbox.refusal_causes import Cause, judged

ADDRESS, SENDER, OTHER = Cause.ADDRESS, Cause.SENDER, Cause.OTHER


@pytest.mark.parametrize(
    ("field", "reply", "cause"),
    [
        ("5.1.1", "", ADDRESS),
        ("5.2.1", "", ADDRESS),
        ("5.7.17", "", ADDRESS),
        ("5.0.0", "550 user unknown", ADDRESS),
        ("", "no such user", ADDRESS),
        ("5.3.0", "553 5.3.0 <a@b.example>... No such user here", ADDRESS),
        (
            "5.1.1",
            "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in relay recipient table",
            ADDRESS,
        ),
        (
            "5.4.4",
            "Host or domain name not found. Name service error for name=b.example type=MX: Host not found",
            ADDRESS,
        ),
        ("5.0.0", "550 <a@b.example>: Recipient address rejected.", ADDRESS),
        ("5.1.10", "550 5.1.10 domain does not accept mail (nullMX)", ADDRESS),
        ("", "Empfängeradresse wurde nicht gefunden", ADDRESS),
        ("", "ユーザー Neko は Domino ディレクトリには見つかりません。", ADDRESS),
        ("5.1.1", "550 5.1.1 <spam@blocked.example>: user unknown, see http://policy.example/x", ADDRESS),
        ("5.1.0", "550 5.1.0 sender rejected", OTHER),
        ("5.1.7", "bad sender", OTHER),
        ("5.1.8", "bad sender's domain", OTHER),
        ("5.2.2", "over quota, user unknown", OTHER),
        ("5.3.4", "too large", OTHER),
        ("5.4.1", "550 5.4.1 [a@b.example]: Recipient address rejected: Access denied", OTHER),
        ("5.7.1", "spam from user unknown", OTHER),
        ("5.0.0", "554 blocked", OTHER),
        ("4.1.1", "user unknown", OTHER),
        ("5.1.1", "550 Message refused", OTHER),
        ("5.1.1", "550 5.1.1 User unknown; too many errors from your host", OTHER),
        ("5.1.1", "450 4.2.1 greylisted", OTHER),
        (
            "5.2.1",
            "550-5.2.1 The user you are trying to contact is receiving mail at a rate that prevents",
            OTHER,
        ),
        (
            "5.4.4",
            "Name service error for name=b.example type=MX: Malformed or unexpected name server reply",
            OTHER,
        ),
        ("5.0.0", "550 Requested action not taken: mailbox unavailable", OTHER),
        ("5.1.1", "550 5.1.1 Domain of sender address a@b.example does not exist", OTHER),
        ("5.0.0", "554 rejected by Exim 4.96.2, see http://help.example/5.1.1", OTHER),
        (
            "5.7.1",
            "550-5.7.1 Unauthenticated email from b.example is not accepted due to domain's DMARC policy",
            SENDER,
        ),
        ("5.7.26", "550 5.7.26 Your email has been blocked because the sender is unauthenticated", SENDER),
        ("5.7.25", "550-5.7.25 The IP address sending this message does not have a PTR record setup", SENDER),
        ("5.7.27", "550 5.7.27 SPF did not pass", SENDER),
        (
            "5.7.515",
            "550 5.7.515 Access denied, sending domain b.example does not meet the required level",
            SENDER,
        ),
        ("5.1.1", "550 5.7.29 TLS required", SENDER),
        ("4.7.26", "421 4.7.26 unauthenticated", SENDER),
        ("5.7.1", "550 5.7.1 message looks like spam (SPF=pass, dkim: pass)", OTHER),
        ("5.7.27", "550 Host does not accept mail", ADDRESS),
    ],
)
def test_a_refusal_is_judged_by_the_servers_own_reply(field: str, reply: str, cause: Cause) -> None:
    assert judged(field, reply)[1] is cause


@pytest.mark.parametrize(
    ("field", "reply", "status"),
    [
        ("5.1.1", "smtp; 550 5.7.1 blacklisted", "5.7.1"),
        ("5.0.0", "smtp; 550 #5.1.0 Address rejected.", "5.1.0"),
        ("5.1.2 (bad destination)", "smtp; 550 5.0.0 Denied", "5.1.2"),
        ("5.0.0", "554 see http://help.example/5.1.1.html and 5.1.1.7", "5.0.0"),
        ("", "550 refused", ""),
        ("4.4.1", "connect to 192.0.2.5: timed out", "4.4.1"),
        ("", "failed (#5.1.1)", "5.1.1"),
    ],
)
def test_the_code_that_counts_is_the_one_of_the_reply(field: str, reply: str, status: str) -> None:
    assert judged(field, reply)[0] == status
