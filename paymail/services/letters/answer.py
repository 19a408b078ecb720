"""What staff answer to who says that something is wrong with an invoice."""

from paymail.emails import AnswerEmail
from paymail.services.letters.kind import Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, without_link
from paymail.services.letters.send_rules import always


def answer_email(source: Source) -> AnswerEmail:
    """Return the context of an answer, whose words the message has; it holds no link."""
    return AnswerEmail(**without_link(letterhead(bill_of(source))), answer=source.message.detail)


KIND = Kind(email=answer_email, document=None, threaded=False, group=None, send_rule=always)
