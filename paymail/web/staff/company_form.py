"""The form of a company's page: what was typed, what the page had shown, and a picture."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from paymail.documents import colours
from paymail.models import Issuer
from paymail.services.issuers.bank_details import BANK_FIELDS
from paymail.services.issuers.logos import MOST_BYTES
from paymail.services.issuers.setting_texts import write
from paymail.web.http.inputs import plain

FIELDS = (
    "legal_name", "tax_id", "address", "phone", "email", "reply_to", "bookkeeper_email", "website", "terms",
    "footer", "locale", "timezone", "currency", "colour", "link_days",
)  # fmt: skip
"""The settings on the page, by their columns; reminders have a page of their own."""
MOST_PARTS = 60
LONGEST = 5000
"""Characters of one field; each has its own, smaller limit, which is said beside it."""


@dataclass(frozen=True, slots=True)
class CompanyForm:
    """As it was typed. `seen` is what each field said when the page was opened."""

    csrf: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    logo: bytes = b""
    remove_logo: bool = False
    kind: str = ""
    number: str = ""
    view: str = ""

    @property
    def changed(self) -> dict[str, str]:
        """What was typed that is not what was seen."""
        return {
            name: text
            for name, text in self.texts.items()
            if plain(self.seen.get(name, "\0")) != text and not self._is_default_colour(name, text)
        }

    def _is_default_colour(self, name: str, text: str) -> bool:
        # A field for colours cannot be empty.
        return name == "colour" and text == colours.DEFAULT and self.seen.get(name) == ""


async def read_form(request: Request) -> CompanyForm:
    """Read a company's form, whose body is bounded already; what is no form reads as an empty one."""
    async with request.form(max_files=1, max_fields=MOST_PARTS) as form:
        texts = {name: plain(value[:LONGEST]) for name, value in form.items() if isinstance(value, str)}
        seen, logo = form.get("seen"), form.get("logo")
        picture = await logo.read(MOST_BYTES + 1) if isinstance(logo, UploadFile) else b""
    return CompanyForm(
        csrf=texts.get("csrf", ""),
        texts={name: texts[name] for name in (*FIELDS, *BANK_FIELDS, "name") if name in texts},
        seen=_seen(seen),
        logo=picture,
        remove_logo="remove_logo" in texts,
        kind=texts.get("kind", ""),
        number=texts.get("number", "")[:100].removeprefix("#"),
        view=texts.get("view", ""),
    )


GivenForm = Annotated[CompanyForm, Depends(read_form)]


def texts_of(issuer: Issuer) -> dict[str, str]:
    """Return the fields of the page as they are stored."""
    return {name: write(name, getattr(issuer, name)) for name in FIELDS}


def seen_of(issuer: Issuer) -> dict[str, str]:
    """Return what the page shows of an issuer: its fields, and which logo it has."""
    return texts_of(issuer) | {"logo": issuer.logo_sha256 or ""}


def as_seen(texts: Mapping[str, str]) -> str:
    """Return what a page shows, for its field `seen`."""
    return json.dumps(dict(texts), ensure_ascii=True)


def _seen(value: object) -> dict[str, str]:
    try:
        found = json.loads(value) if isinstance(value, str) else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): text for name, text in found.items() if isinstance(text, str)}
