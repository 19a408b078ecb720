"""An issuer's colour as a style sheet of one rule: the policy allows no style in a page itself."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

router = APIRouter(include_in_schema=False)
FOREVER = "public, max-age=31536000, immutable"
"""The address names the colour, so what it answers never changes."""


@router.get("/brand/{colour}.css", response_class=Response)
async def brand(colour: Annotated[str, Path(pattern="^[0-9a-f]{6}$")]) -> Response:
    """Answer with the one rule. Nothing is looked up, and nothing is told of whose colour it is."""
    rule = f":root {{ --brand: #{colour}; }}\n"
    return Response(rule, media_type="text/css", headers={"Cache-Control": FOREVER})
