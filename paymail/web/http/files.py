"""Documents as answers."""

from fastapi import Response


def pdf_answer(content: bytes, filename: str) -> Response:
    """Answer with a PDF that a browser shows, or saves under `filename`."""
    disposition = f'inline; filename="{filename}"'
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": disposition})


def binary(kind: str) -> dict[int | str, dict[str, object]]:
    """Return FastAPI's `responses` of a route that answers with bytes of this media type."""
    return {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}}}
