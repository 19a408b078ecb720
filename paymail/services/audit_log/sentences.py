"""Each entry of the audit log as a sentence, with what was and what is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from paymail.models import AuditEntry
from paymail.services.access.audit import Door
from paymail.services.access.sign_ins import CAME_FROM, LAST_LISTED
from paymail.services.audit_log.objects import Piece, pieces_of
from paymail.services.audit_log.phrases import PHRASES, phrase_of
from paymail.services.issuers.setting_names import NAMES

_ROLE_OF = re.compile(r"role of (issuer \d{1,18})")
_PLACES = re.compile(r"(\{\w+\})")
_FACTOR = {
    "require": "required from now on",
    "allow": "no longer required",
    "reset": "reset, so that another app can be set up",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One entry: what was done, in pieces behind the name of who did it; what was, and what is."""

    entry: AuditEntry
    pieces: tuple[Piece, ...]
    was: str = ""
    becomes: str = ""

    @property
    def text(self) -> str:
        """The sentence, without links and without who did it."""
        return "".join(piece.text for piece in self.pieces)


def told(session: Session, entries: Sequence[AuditEntry]) -> list[Told]:
    """Return the sentences of entries; a number of statements that does not grow with them."""
    objects = [entry.object for entry in entries if entry.object]
    objects += [found[1] for entry in entries if (found := _ROLE_OF.fullmatch(entry.name))]
    named = pieces_of(session, objects)
    return [_told(entry, named) for entry in entries]


def _told(entry: AuditEntry, named: Mapping[str, Piece]) -> Told:
    if entry.door == Door.CLI and not (entry.object and entry.act in PHRASES):
        words = dict.fromkeys(entry.act.replace("_", "-").split())  # `tick tick` is one word
        return Told(entry, (Piece(f"ran the command “paymail {' '.join(words)}”"),))
    pieces = (*_filled(entry, named), *_more(entry, named))
    if entry.name == CAME_FROM or entry.act == "second factor":
        return Told(entry, pieces)
    if entry.name == "logo":  # digests of pictures
        was, becomes = (entry.old and "a logo"), (entry.new and "a new logo")
        return Told(entry, pieces, was or "none", becomes or "none")
    was, becomes = (entry.old or "nothing", entry.new or "nothing") if entry.old or entry.new else ("", "")
    return Told(entry, pieces, was, becomes)


def _filled(entry: AuditEntry, named: Mapping[str, Piece]) -> Iterator[Piece]:
    places = {"{it}": named.get(entry.object, Piece("something")), "{name}": Piece(_setting(entry.name))}
    if entry.object.startswith("key "):
        places["{it}"] = Piece(entry.name or entry.object)
    for part in _PLACES.split(phrase_of(entry.act)):
        if part:
            yield places.get(part, Piece(part))


def _more(entry: AuditEntry, named: Mapping[str, Piece]) -> Iterator[Piece]:
    """Yield what the name of the entry adds to the sentence."""
    if found := _ROLE_OF.fullmatch(entry.name):
        yield Piece(" for ")
        yield named[found[1]]
    elif entry.act == "role":
        yield Piece(" for all companies")
    elif entry.act == "second factor":
        yield Piece(f": {_FACTOR.get(entry.new, entry.new)}")
    elif entry.name == CAME_FROM:
        yield Piece(
            f" from {entry.new}" + ("; further tries are not listed" if entry.old == LAST_LISTED else "")
        )


def _setting(name: str) -> str:
    label = NAMES.get(name, name.replace("_", " "))
    return f"“{label}”"
