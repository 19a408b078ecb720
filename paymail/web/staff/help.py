"""The user guide, page by page."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from paymail.errors import NotFound
from paymail.web.staff.help_pages import page, pages
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/help")


class NoSuchHelp(NotFound):
    """The guide has no page of this name."""

    code = "no_such_help"


@router.get("")
def index(request: Request, visitor: Visiting) -> HTMLResponse:
    """List the pages of the guide."""
    titles = [(name, found.title) for name in pages() if (found := page(name))]
    return PAGES.TemplateResponse(request, "help_index.html", {"visitor": visitor, "titles": titles})


@router.get("/{help_page}")
def show(request: Request, visitor: Visiting, help_page: str) -> HTMLResponse:
    """Show a page of the guide. Raises NoSuchHelp."""
    found = page(help_page)
    if found is None:
        raise NoSuchHelp("the guide has no page of this name")
    return PAGES.TemplateResponse(request, "help.html", {"visitor": visitor, "found": found})
