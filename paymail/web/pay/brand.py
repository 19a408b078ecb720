"""The logos of issuers, for emails and pay pages."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from paymail.services.core.logos import NoSuchLogo, logo
from paymail.web.http.dependencies import AppDep
from paymail.web.http.rate_limits import rate_limits

router = APIRouter(prefix="/brand", include_in_schema=False)

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""A digest always names the same bytes."""
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.get("/{digest}.png", response_class=Response)
def show_logo(app: AppDep, request: Request, digest: Digest) -> Response:
    """Show a picture to anybody: it is in emails. Who does not know its digest learns of no issuer by it.

    Only what is not there is counted by address: mail services fetch a logo for all their readers.
    """
    limits = rate_limits(request).public
    limits.looking_up(request)
    try:
        with app.reading() as session:
            content = logo(session, sha256=digest)
    except NoSuchLogo:
        limits.missed(request)
        raise
    return Response(content, media_type="image/png", headers=FOREVER)
