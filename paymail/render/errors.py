"""What rendering raises."""

from paymail.errors import PaymailError
from paymail.observability import scrub


class RenderFailed(PaymailError):
    """A template, font or value cannot be rendered; the message names the template and the cause."""

    code = "render_failed"

    def __init__(self, template: str, cause: BaseException | str) -> None:
        # A traceback text may quote the context, and the context holds the pay link.
        super().__init__(scrub(f"{template}: {cause}"[:500]))
