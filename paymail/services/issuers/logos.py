"""An issuer's logo: whatever picture is given becomes a small PNG on white, which is all that is kept."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO

from PIL import Image, ImageFile, ImageOps
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.models import Issuer, IssuerLogo
from paymail.services.issuers.setting_history import record
from paymail.services.reminders.preferences import BadPreference

MOST_BYTES = 150_000
"""Of what is given: in base64 it fits into a request."""
MOST_PIXELS = 4_000_000
"""Decoded it needs four bytes for each."""
SIDE = 80
"""Pixels: twice the height at which emails and pages show it, and 170 dpi on paper."""
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_READING = threading.Lock()


class BadLogo(BadPreference):
    """This is no picture that can be a logo; the text says why."""

    code = "bad_logo"


def set_logo(session: Session, *, issuer: Issuer, content: bytes, actor: str, now: datetime) -> bool:
    """Make a picture an issuer's logo, or take its logo away (no bytes); return whether that is a change.

    Earlier ones stay where emails that were sent look for them. Raises BadLogo.
    """
    before = issuer.logo_sha256
    if content:
        picture = drawn(content)
        issuer.logo_sha256 = hashlib.sha256(picture).hexdigest()
        insert_once(
            session, IssuerLogo, {"sha256": issuer.logo_sha256, "content": picture, "created_at": now}
        )
    else:
        issuer.logo_sha256 = None
    if issuer.logo_sha256 == before:
        return False
    record(session, issuer, "logo", (before or "", issuer.logo_sha256 or ""), actor, now)
    return True


@contextmanager
def _whole_only() -> Iterator[None]:
    """Let Pillow refuse a picture that breaks off: WeasyPrint has it take those, for the whole process."""
    with _READING:
        before = ImageFile.LOAD_TRUNCATED_IMAGES
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def drawn(content: bytes) -> bytes:
    """Return the picture as a PNG of at most SIDE pixels each way, without alpha or any of its other data.

    The same bytes give the same. Raises BadLogo.
    """
    if len(content) > MOST_BYTES:
        raise BadLogo(f"the logo has more than {MOST_BYTES:,} bytes")
    try:
        with _whole_only(), Image.open(BytesIO(content), formats=FORMATS) as given:
            if given.width * given.height > MOST_PIXELS:
                raise BadLogo(f"the logo has more than {MOST_PIXELS:,} pixels")
            picture = ImageOps.exif_transpose(given).convert("RGBA")
    except BadLogo:
        raise
    except Exception as error:  # Pillow's readers raise whatever broken bytes lead to
        raise BadLogo(f"the logo is no picture that can be read ({', '.join(FORMATS)})") from error
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    written = BytesIO()
    paper.save(written, "PNG", optimize=True)
    return written.getvalue()
