"""What `localstripe` lacks of Stripe, added between it and the SDK: nothing of paymail's is changed for it.

Seen in localstripe 1.15.10: an intent takes only amount, currency and metadata of what paymail gives, has no
`amount_received` and no codes in its refusals; lists of intents and refunds know no `created`, lists of
events no `types`, idempotency keys are not kept, the refunds of an unpaid intent are an error of its own, and
there are no accounts, no webhook endpoints and no disputes.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tests.contract.gateway.recorder import Recorder

ACCOUNT = "acct_localstripe"
_INTENT = re.compile(r"amount|currency|metadata\[.*|payment_method")
_UNKNOWN = re.compile(r"created\[.*|types\[.*")


class Shim(Recorder):
    """The SDK's own HTTP client before localstripe."""

    def __init__(self) -> None:
        super().__init__(timeout=10)
        self._kept: dict[str, Any] = {}
        self.added: set[str] = set()
        """What had to be added, in words."""

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        path = urlsplit(url).path
        if path.startswith("/v1/disputes"):
            self.added.add("an empty list of disputes")
            return json.dumps({"object": "list", "data": [], "has_more": False, "url": path}), 200, {}
        if match := re.fullmatch(r"/v1/accounts?(?:/(\w+))?", path):
            self.added.add("accounts")
            account = {"id": match[1] or ACCOUNT, "object": "account", "charges_enabled": True}
            return json.dumps(account), 200, {}
        key = dict(headers).get("Idempotency-Key", "") if method == "post" else ""
        if key in self._kept:
            self.added.add("answers kept under their idempotency keys")
            return self._kept[key]
        answer = self._asked(method, url, headers, post_data)
        if key:
            self._kept[key] = answer
        return answer

    def _asked(self, method: str, url: str, headers: Any, post_data: Any) -> Any:
        parts = urlsplit(url)
        if method == "post" and parts.path == "/v1/payment_intents":
            post_data = self._only(post_data, _INTENT.fullmatch)
        query = self._only(parts.query, lambda name: not _UNKNOWN.fullmatch(name))
        url = urlunsplit(parts._replace(query=query))
        body, status, more = super().request(method, url, headers, post_data)
        if status == 500 and parts.path == "/v1/refunds":
            self.added.add("an empty list of refunds of an unpaid intent")
            return json.dumps({"object": "list", "data": [], "has_more": False, "url": parts.path}), 200, more
        return self._whole(body, status), status, more

    def _only(self, data: str | None, keep: Any) -> str:
        pairs = parse_qsl(data or "", keep_blank_values=True)
        self.added |= {f"left out {name.partition('[')[0]}" for name, _ in pairs if not keep(name)}
        return urlencode([(name, value) for name, value in pairs if keep(name)])

    def _whole(self, body: str, status: int) -> str:
        answer = json.loads(body)
        for found in answer["data"] if answer.get("object") == "list" else [answer]:
            if found.get("object") == "payment_intent" and "amount_received" not in found:
                self.added.add("amount_received of intents")
                found["amount_received"] = found["amount"] if found["status"] == "succeeded" else 0
        return json.dumps(answer)
