"""What staff answer to who says that something is wrong with an invoice."""

from dataclasses import dataclass
from typing import ClassVar, Self

from paymail.emails.letterhead import UNLINKED, CustomerEmail
from paymail.models import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEmail(CustomerEmail):
    """An answer in staff's own words, to the address that was typed on the pay page; without a link."""

    kind: ClassVar[MessageKind] = MessageKind.ANSWER

    answer: str

    @classmethod
    def sample(cls) -> Self:
        """The answer to a question about a quantity."""
        return cls(
            **UNLINKED,
            answer="You are right: 2.75 hours were agreed.\nWe have sent you a corrected invoice.",
        )
