"""An email in the frame of a page, and as a test to whoever looks at it. Nothing is stored."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlalchemy.orm import Session

from paymail.errors import Conflict, TooMany
from paymail.mail import reader
from paymail.ports.mail import Envelope, Verdict
from paymail.ports.rendering import Letter
from paymail.services.access.staff import Visitor
from paymail.services.core import restores
from paymail.services.letters.unsaved import NO_TOKEN
from paymail.services.outbox.header_ids import new_header_id
from paymail.web.http.rate_limits import rate_limits
from paymail.web.staff.mailbox import framed
from paymail.wiring import App

NOBODY = "preview@paymail.invalid"
DARK = "(prefers-color-scheme: dark)"
"""What is shown is light unless dark is asked for, whatever the screen is."""
SENT = {
    Verdict.SENT: "Sent to {to}.",
    Verdict.UNKNOWN: "The mail server did not answer in time; it may have been sent to {to}.",
}
_BODY = re.compile(r"<body[^>]*>")
_PREHEADER = re.compile(r'<div class="preheader"[^>]*>(.*?)</div>', re.DOTALL)
_INBOX = Markup(
    '<div style="padding:12px 16px;background:#fff;color:#14181f;font:14px/20px Arial,sans-serif;'
    'border-bottom:1px solid #dfe3e9;overflow-wrap:anywhere"><b>{}</b><br>'
    '<span style="color:#475569">{}</span></div>'
)


class MailOnHold(Conflict):
    """No email goes out after a restore, tests among them."""

    code = "mail_on_hold"


class TestUnderway(TooMany):
    """Another test email is on its way to the mail server."""

    code = "busy"


def email_view(app: App, letter: Letter, view: str, *, inbox: bool = False) -> HTMLResponse:
    """Answer with an email for a frame: `light`, `dark`, or as `text`; below what an inbox shows of it."""
    # No header is shown, and an address that cannot be mailed is not what is looked at.
    alone = replace(
        letter, document=None, from_name="", from_address=NOBODY, to_name="", to_address=NOBODY, reply_to=""
    )
    mail = reader.take_apart(app.writer.write(alone).mime)
    if view == "text":
        return framed(
            Markup("<!DOCTYPE html><title>Text</title><pre>{}\n\n{}</pre>").format(mail.subject, mail.text)
        )
    dead = f'href="{app.settings.public_url}/pay/{NO_TOKEN}"'
    html = mail.html.replace(dead, "")
    html = html.replace(DARK, "all" if view == "dark" else "not all")
    html = html.replace('"light dark"', '"dark"' if view == "dark" else '"light"')
    return framed(_below_inbox(html, mail.subject) if inbox else html)


def _below_inbox(html: str, subject: str) -> str:
    preheader, body = _PREHEADER.search(html), _BODY.search(html)
    if preheader is None or body is None:
        return html
    # It is escaped already: a part of the email.
    line = str(_INBOX.format(subject, Markup(preheader[1].strip())))  # noqa: S704
    return html[: body.end()] + line + html[body.end() :]


def said(*sentences: str, status: int = 200) -> HTMLResponse:
    """Answer with words in the place of an email."""
    paragraphs = Markup("").join(Markup("<p>{}</p>").format(sentence) for sentence in sentences)
    answer = framed(Markup('<!DOCTYPE html><html lang="en"><title>Preview</title>') + paragraphs)
    answer.status_code = status
    return answer


@contextmanager
def test_mail(app: App, request: Request, visitor: Visitor) -> Iterator[Session]:
    """Read what a test is written from, if one may be sent now. Raises MailOnHold, TooMany."""
    rate_limits(request).test_mails.check(visitor.email)
    with app.reading() as session:
        if "mail" in restores.on_hold(session):
            raise MailOnHold("no email goes out until mail is opened again after the restore")
        yield session


def send_to_self(app: App, request: Request, visitor: Visitor, letter: Letter) -> HTMLResponse:
    """Send a letter to whoever asks, and to nobody else, and say what the mail server said.

    Raises TestUnderway.
    """
    test = replace(
        letter,
        to_name="",
        to_address=visitor.email,
        subject_mark="Test: ",
        message_id=new_header_id(letter.from_address),
        in_reply_to="",
        date=app.now(),
    )
    underway = rate_limits(request).test_mailing
    if not underway.acquire(blocking=False):
        raise TestUnderway("another test email is being sent; try again in a moment", 10)
    try:
        return _sent(app, test)
    finally:
        underway.release()


def _sent(app: App, letter: Letter) -> HTMLResponse:
    written = app.writer.write(letter)
    envelope = Envelope(letter.message_id, written.sender, written.recipients, written.mime)
    outcome = app.mailer.deliver(envelope, lambda: True)
    words = SENT.get(outcome.verdict, "Not sent: {said}")
    detail = f"{outcome.code or ''} {outcome.detail}".strip()[:300]
    return said(words.format(to=letter.to_address, said=detail), f"Subject: {written.subject}")
