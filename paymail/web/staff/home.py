"""Home."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from paymail.web.staff.session import Visiting

router = APIRouter()


@router.get("/")
def home(_visitor: Visiting) -> RedirectResponse:
    """Lead to the invoices."""
    return RedirectResponse("/staff/invoices", 303)
