"""What Stripe refuses of a statement descriptor (documentation, "Statement descriptors")."""

from __future__ import annotations

import re

from paymail.sandbox import forms
from paymail.sandbox.errors import ApiError, Json

PREFIX = "SANDBOX LT"
"""The longest that there may be: ten characters."""
_LONGEST = 22
_PARAM = "statement_descriptor_suffix"


def check_suffix(params: Json) -> None:
    """Refuse a suffix that cannot stand on a card statement."""
    suffix = forms.text(params, _PARAM)
    if suffix is None:
        return
    if not re.search(r"[A-Za-z]", suffix):
        raise ApiError("The statement descriptor suffix must contain at least one letter.", param=_PARAM)
    if re.search(r"[<>\\'\"*]", suffix) or not suffix.isascii():
        raise ApiError("The statement descriptor suffix contains invalid characters.", param=_PARAM)
    if len(f"{PREFIX}* {suffix}") > _LONGEST:
        message = f"The statement descriptor must be at most {_LONGEST} characters."
        raise ApiError(message, param=_PARAM)
