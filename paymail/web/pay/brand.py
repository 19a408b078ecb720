"""The logos of issuers, for emails and pay pages."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from paymail.services.core.logos import logo
from paymail.web.http.dependencies import AppDep

router = APIRouter(prefix="/brand", include_in_schema=False)

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""A digest always names the same bytes."""
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.get("/{digest}.png", response_class=Response)
def show_logo(app: AppDep, digest: Digest) -> Response:
    """Show a picture to anybody: it is in emails. Who does not know its digest learns of no issuer by it.

    Not counted by address, since mail services fetch it for all their readers.
    """
    with app.reading() as session:
        content = logo(session, sha256=digest)
    return Response(content, media_type="image/png", headers=FOREVER)
