"""The form of a company's own words in one email and one language."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, Field

from paymail.emails.own_words import OwnWords
from paymail.services.issuers import wording
from paymail.web.staff.form_actions import StaffForm, Text

Place = tuple[int, str, str]
"""An issuer's id, a template folder and a language."""
Named = Annotated[str, Path(max_length=40)]
MOST_VERSIONS = 1_000_000
Version = Annotated[int | None, Query(ge=1, le=MOST_VERSIONS)]
"""Which version to show; None: the one in use."""


def _as_typed(text: str) -> str:
    """Return `text` without what no database stores; all else that is wrong is told to who typed it."""
    return "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff").replace("\r\n", "\n")


Typing = Annotated[str, Field(max_length=10_000), AfterValidator(_as_typed)]


class WordingForm(StaffForm):
    """The texts, the version that the page showed, and what to preview them with."""

    subject: Typing = ""
    preheader: Typing = ""
    opening: Typing = ""
    closing: Typing = ""
    seen: Annotated[int, Field(ge=0, le=MOST_VERSIONS)] = 0
    number: Text = ""
    view: Text = ""

    @property
    def words(self) -> OwnWords:
        """The texts."""
        return wording.tidied(OwnWords(self.subject, self.preheader, self.opening, self.closing))
