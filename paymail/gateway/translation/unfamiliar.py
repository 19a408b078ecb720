"""What Stripe says that this version of paymail does not know: told in the log once, and gone on with."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from paymail import observability
from paymail.ports.payment_errors import Unreadable
from paymail.ports.payments import Intent
from paymail.ports.reversals import GatewayDispute, GatewayRefund

log = observability.logger(__name__)
MOST = 1000
"""Objects remembered as told; the reconciler reads the same ones again and again."""
Told = TypeVar("Told", Intent, GatewayRefund, GatewayDispute)
Found = TypeVar("Found")
Made = TypeVar("Made")


class Unfamiliar:
    """Statuses and objects that one process has met. Safe for threads."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def noted(self, told: Told) -> Told:
        """Return `told`, having logged a status that paymail does not know: once per object and status."""
        if told.unfamiliar and self._first(told.id, told.unfamiliar):
            log.warning("unknown status at Stripe", object=told.id, status=told.unfamiliar)
        return told

    def known(self, found: Iterable[Found], translate: Callable[[Found], Told]) -> Iterator[Told]:
        """Translate a list as `readable` does, and note what it tells."""
        return map(self.noted, self.readable(found, translate))

    def readable(self, found: Iterable[Found], translate: Callable[[Found], Made]) -> Iterator[Made]:
        """Translate a list; what cannot be read is logged once and left out: the others are not lost."""
        for one in found:
            try:
                made = translate(one)
            except Unreadable as error:
                if self._first(str(error), ""):
                    log.error("unreadable object at Stripe", reason=str(error))
            else:
                yield made

    def _first(self, name: str, word: str) -> bool:
        with self._lock:
            fresh = (name, word) not in self._told
            self._told[name, word] = None
            self._told.move_to_end((name, word))
            if len(self._told) > MOST:
                self._told.popitem(last=False)
        return fresh
