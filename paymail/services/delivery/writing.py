"""Writing the letters of claimed messages, and keeping the bytes of all of them in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from paymail.ports.mail import Envelope
from paymail.ports.rendering import Frozen, Written
from paymail.services.delivery.context import DeliveryContext
from paymail.services.delivery.handover import Seen
from paymail.services.delivery.preparation import SEPARATOR, Draft, Ready, copies_of
from paymail.services.letters import issued_documents
from paymail.services.outbox import blobs, claimed, notices, recipients
from paymail.services.outbox.suppressions import domain_of, normalised


@dataclass(frozen=True, slots=True)
class Page:
    """A draft, and what was written from it."""

    draft: Draft
    written: Written

    @property
    def pdfs(self) -> Iterator[tuple[Frozen | None, bytes]]:
        """Its PDFs, each with the version of a document that it is, if it is one."""
        letter, written = self.draft.letter, self.written
        enclosed = letter.enclosed.version if letter.enclosed else None
        for version, pdf in ((letter.version, written.pdf), (enclosed, written.enclosed)):
            if pdf is not None:
                yield version, pdf

    @property
    def columns(self) -> dict[str, str | None]:
        """What the message's row says of it."""
        pdf, enclosed = self.written.pdf, self.written.enclosed
        return {
            "mime_sha256": sha256(self.written.mime).hexdigest(),
            "pdf_sha256": sha256(pdf).hexdigest() if pdf is not None else None,
            "enclosed_sha256": sha256(enclosed).hexdigest() if enclosed is not None else None,
            "subject": self.written.subject,
            "sender": self.written.sender,
            "recipient": SEPARATOR.join(self.written.recipients),
            "destination": domain_of(self.written.recipients[0]),
        }


def keep(context: DeliveryContext, pages: Sequence[Page]) -> list[Ready]:
    """Keep what was written, and return the messages that are still ours."""
    with context.transaction() as session:
        if _keep(session, pages, context.now()):
            return [_ready(page) for page in pages]
        session.rollback()  # no row would name the bytes of those that are not ours any more
    if len(pages) < 2:
        return []  # cancelled, or taken over after our lease ran out: theirs to finish
    return [one for page in pages for one in keep(context, [page])]


def _keep(session: Session, pages: Sequence[Page], now: datetime) -> bool:
    # What was drawn before is kept already, and `enter` renews it.
    fresh = [pdf for page in pages for version, pdf in page.pdfs if version is None or version.pdf is None]
    blobs.keep_all(session, contents=[*(page.written.mime for page in pages), *fresh], now=now)
    columns = {page.draft.claim: page.columns for page in pages}
    held = claimed.keep_written(session, written=columns, wait=len(pages) == 1)
    if len(held) < len(pages):
        return False
    drawn = [(version, pdf) for page in pages for version, pdf in page.pdfs if version is not None]
    issued_documents.enter(session, drawn=drawn, now=now)
    for page in pages:
        recipients.begin(session, message_id=page.draft.claim.message_id, going=page.draft.going)
        if page.written.unworded:
            _tell_unworded(session, page, now)
    return True


def _tell_unworded(session: Session, page: Page, now: datetime) -> None:
    """Say once of a version that the company's own words are not used any more, and why."""
    letter, why = page.draft.letter, page.written.unworded
    notices.tell_staff(
        session,
        invoice_id=page.draft.message.invoice_id,
        about="own words",
        key=letter.wording_id,
        headline=f"Your own words cannot be used in the email {letter.email.template}",
        detail=f"{why}.\nIt went out in paymail's words. Save others on the page of the company's wording.",
        now=now,
    )


def _ready(page: Page) -> Ready:
    draft, written = page.draft, page.written
    for name, value in page.columns.items():
        set_committed_value(draft.message, name, value)
    envelope = Envelope(
        draft.letter.message_id,
        written.sender,
        written.recipients,
        written.mime,
        copies_of(written.recipients, draft.going),
    )
    reachable = frozenset(map(normalised, written.recipients))
    return Ready(draft.claim, Seen(draft.message, reachable, draft.amounts), envelope)
