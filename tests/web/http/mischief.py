"""What schemathesis makes of an operation's description, made worse before it is sent."""

import json
import random
from typing import Any
from urllib.parse import quote, urlencode

from httpx2 import Response

from tests.web.conftest import Site
from tests.web.http.hostile import NUMBERS, VALUES
from tests.web.test_webhook import event

ABSURD: list[Any] = [*VALUES, *NUMBERS, 2**31, 2**53, 2**63, "a\ud800\x00b", "\ufffe", "x" * 300]


class Mischief:
    """Sends cases: with ids of rows that exist, with generated ones, with absurd values in any field."""

    def __init__(
        self, site: Site, key: dict[str, str], known: dict[str, object], dice: random.Random
    ) -> None:
        self._site = site
        self._key = key
        self._known = known
        self._dice = dice

    def send(self, case: Any) -> Response:
        """Send what a case says, or worse."""
        if case.path == "/webhooks/stripe":
            return self._event()
        address = self._address(case.path, dict(case.path_parameters or {}))
        chance = self._dice.choice([0.0, 0.0, 0.1, 0.3])  # what is right but for one value gets furthest
        query = {name: self._worse(value, chance) for name, value in dict(case.query or {}).items()}
        if query:
            # Schemathesis gives lists, which repeat a field.
            address += "?" + urlencode(_plain(query), doseq=True, errors="surrogatepass")[:8000]
        content, kind = self._body(case, chance)
        return self._site.client.request(
            case.method,
            address,
            content=content,
            headers=self._headers(dict(case.headers or {}), chance) | kind | self._key,
            follow_redirects=False,
        )

    def _address(self, path: str, generated: dict[str, Any]) -> str:
        chosen = {}
        for name, value in generated.items():
            known = self._known.get(name, value)
            one = self._dice.choices([known, value, self._dice.choice(ABSURD)], [6, 2, 2])[0]
            chosen[name] = quote(str(one)[:3000], safe="", errors="surrogatepass")
        return path.format(**chosen)

    def _body(self, case: Any, chance: float) -> tuple[bytes, dict[str, str]]:
        if case.media_type is None or type(case.body).__name__ == "NotSet":
            return b"", {}
        body = self._worse(case.body, chance)
        if not isinstance(body, bytes):
            body = json.dumps(body, default=str).encode()
        return body, {"Content-Type": case.media_type}

    def _headers(self, generated: dict[str, Any], chance: float) -> dict[str, str]:
        """Return what HTTP can carry of the generated headers."""
        texts = {name: str(self._worse(value, chance)) for name, value in generated.items()}
        seemly = {name: "".join(c for c in text if " " <= c <= "~") for name, text in texts.items()}
        return {name: text.strip()[:2000] for name, text in seemly.items()}

    def _worse(self, value: Any, chance: float) -> Any:
        """Return a value in which each leaf was replaced with that chance, and the whole now and then."""
        if self._dice.random() < chance / 4:
            return self._dice.choice(ABSURD)
        if isinstance(value, dict):
            return {name: self._worse(inside, chance) for name, inside in value.items()}
        if isinstance(value, list):
            return [self._worse(inside, chance) for inside in value]
        return self._dice.choice(ABSURD) if self._dice.random() < chance else value

    def _event(self) -> Response:
        """Send an event that is signed, and wrong in some of its fields."""
        kinds = ("payment_intent.succeeded", "charge.refunded", "charge.dispute.created", "x.y")
        # Ids that differ: an event that was stored is not looked at again.
        good = event(f"pi_{self._dice.getrandbits(40)}", self._dice.choice(kinds))
        return self._site.signed(self._worse(good, 0.15))


def _plain(query: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [str(one)[:3000] for one in value] if isinstance(value, list) else str(value)[:3000]
        for name, value in query.items()
    }
