"""A letter into bytes: email, PDF and MIME together."""

from pathlib import Path

from paymail.ports import Letter, PdfRenderer, Written
from paymail.render.email import JinjaEmailRenderer
from paymail.render.mime import Attachment, Head, Mailbox, ascii_address, build


class LetterWriter:
    """Implements `ports.Writer`."""

    def __init__(self, templates: Path, pdf: PdfRenderer) -> None:
        self._emails = JinjaEmailRenderer(templates)
        self._pdf = pdf

    def write(self, letter: Letter) -> Written:
        """Render and assemble. Raises RenderFailed, UnsafeHeader."""
        rendered = self._emails.render(letter.email)
        pdf = self._pdf.render(letter.document) if letter.document is not None else None
        attachments = [Attachment(letter.filename, pdf)] if pdf is not None else []
        head = Head(
            subject=rendered.subject,
            sender=Mailbox(letter.from_name, letter.from_address),
            recipient=Mailbox(letter.to_name, letter.to_address),
            reply_to=letter.reply_to,
            message_id=letter.message_id,
            date=letter.date,
            in_reply_to=letter.in_reply_to,
        )
        return Written(
            subject=rendered.subject,
            mime=build(head, rendered, attachments),
            pdf=pdf,
            sender=ascii_address(letter.from_address),
            recipients=(ascii_address(letter.to_address),),
        )
