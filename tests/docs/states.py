"""The page of the states: their meaning and moves from the code, what brings them about from `causes`."""

import ast
import inspect
import itertools
import textwrap
from enum import StrEnum

from paymail import models
from tests.docs.causes import CAUSES, MEANINGS

TITLES = {
    "STATUS_MOVES": "An invoice: the document",
    "PAYMENT_MOVES": "An invoice: the money",
    "MESSAGE_MOVES": "An email",
    "RECIPIENT_MOVES": "An email at one of several addresses",
    "ATTEMPT_MOVES": "An online payment",
    "REFUND_MOVES": "A refund",
    "DISPUTE_MOVES": "A dispute",
    "PLAN_MOVES": "A payment plan",
    "SAVED_METHOD_MOVES": "A saved payment method",
    "BANK_CHANGE_MOVES": "A change of an issuer's bank details",
    "BULK_MOVES": "A bulk send",
    "IMPORT_FILE_MOVES": "A file that staff gave to import",
    "GATEWAY_EVENT_MOVES": "An event of Stripe's",
}
REMARKS = {
    "PAYMENT_MOVES": "It follows from the invoice's amounts ([Money](../money.md)); nobody sets it.",
    "ATTEMPT_MOVES": "One payment intent at Stripe. An invoice has at most one that can still be paid.",
    "BULK_MOVES": "A bulk send is finished when it is running and all of its emails are written and settled.",
}
HEAD = """# States

Where each thing can stand, and what brings it there. A move that is not listed here does not happen: paymail
refuses it. The words are those of the commands, the staff pages and the API.
"""
Moves = dict[StrEnum, frozenset[StrEnum]]


def page() -> str:
    """Return the page. Raises AssertionError where something is explained that is gone, or the reverse."""
    tables: dict[str, Moves] = {
        name: moves for name, moves in vars(models).items() if name.endswith("_MOVES")
    }
    assert set(tables) == set(TITLES), "give each table of moves a title in tests/docs/states.py"
    known = {kind: set(kind.__members__) for kind in (type(next(iter(moves))) for moves in tables.values())}
    said = {kind: set(causes) for kind, causes in CAUSES.items()}
    assert said == known, "say in tests/docs/causes.py what brings each state about"
    return HEAD + "\n".join(_section(name, tables[name]) for name in TITLES)


def _section(name: str, moves: Moves) -> str:
    kind = type(next(iter(moves)))
    said = {**MEANINGS.get(kind, {}), **_documented(kind)}
    parts = ["", f"## {TITLES[name]}", ""]
    if name in REMARKS:
        parts += [REMARKS[name], ""]
    parts += ["| State | What it means | What may follow |", "|---|---|---|"]
    parts += [f"| `{m.value}` | {said[m.name]} | {_names(kind, moves[m] - {m})} |" for m in kind]
    parts += ["", "| State | Comes after | What brings it about |", "|---|---|---|"]
    parts += [f"| `{m.value}` | {_names(kind, _before(moves, m))} | {CAUSES[kind][m.name]} |" for m in kind]
    return "\n".join(parts)


def _before(moves: Moves, target: StrEnum) -> frozenset[StrEnum]:
    return frozenset(
        source for source, targets in moves.items() if target in targets and source is not target
    )


def _names(kind: type[StrEnum], chosen: frozenset[StrEnum]) -> str:
    return ", ".join(f"`{m.value}`" for m in kind if m in chosen) or "none"


def _documented(kind: type[StrEnum]) -> dict[str, str]:
    """Return what the code says below its members; Python itself drops those texts."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0].body  # type: ignore[attr-defined]
    found = {}
    for member, text in itertools.pairwise(body):
        if isinstance(member, ast.Assign) and isinstance(text, ast.Expr):
            said = " ".join(ast.literal_eval(text.value).split())
            found[member.targets[0].id] = said  # type: ignore[attr-defined]
    return found
