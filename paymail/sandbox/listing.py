"""Lists with Stripe's cursors."""

from __future__ import annotations

from collections.abc import Sequence

from paymail.sandbox import forms
from paymail.sandbox.calls import Call
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.store import Window

_MOMENTS = ("gt", "gte", "lt", "lte")


def listed(call: Call, kind: str, url: str, labels: Sequence[str] = ()) -> Json:
    """Return one page, the newest first, as the request's cursors ask."""
    limit = forms.integer(call.params, "limit")
    limit = 10 if limit is None else limit
    if not 1 <= limit <= 100:
        raise ApiError("Invalid limit: must be between 1 and 100", param="limit")
    after, before = forms.text(call.params, "starting_after"), forms.text(call.params, "ending_before")
    for name, anchor in (("starting_after", after), ("ending_before", before)):
        if anchor is not None:
            call.need(kind, anchor, param=name)
    since, until = _period(call.params)
    window = Window(limit + 1, after, before, labels, since, until)
    found = call.store.newest(kind, call.account, window)
    page = found[:limit]
    data = page[::-1] if before is not None else page
    return {"object": "list", "url": url, "has_more": len(found) > limit, "data": data}


def _period(params: Json) -> tuple[int, int]:
    created = params.get("created")
    if isinstance(created, str):
        moment = forms.integer(params, "created") or 0
        return moment, moment
    bounds = forms.mapping(params, "created")
    forms.refuse_unknown(bounds, _MOMENTS, "created")
    given = {name: forms.integer(bounds, name) for name in bounds}
    since = max(given.get("gte") or 0, (given.get("gt") or -1) + 1)
    until = min(given.get("lte") or 2**62, (given.get("lt") or 2**62 + 1) - 1)
    return since, until
