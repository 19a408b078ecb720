"""The services decide by columns: what is written for people, and dedupe keys, are never read back."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

SERVICES = sorted((ROOT / "paymail" / "services").rglob("*.py"))
TEXTS = {
    ("TimelineEvent", "detail"),
    ("TimelineEvent", "actor"),
    ("TimelineEvent", "kind"),
    ("Message", "reason"),
}
"""Columns for people: a query may select and order by them, not compare them."""
READERS = {"startswith", "endswith", "contains", "like", "ilike", "in_", "regexp_match", "split", "partition"}
READERS |= {"rpartition", "removeprefix", "removesuffix", "fullmatch", "match", "search"}
KEYS = {"dedupe_key"}


def compared(node: ast.AST) -> list[ast.expr]:
    """Return what a node compares or takes apart, if it does."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Call):
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr in READERS:
            return [called.value, *node.args]
        if isinstance(called, ast.Name) and called.id in ("int", "from_text"):
            return list(node.args)
    return []


def is_text(node: ast.expr) -> bool:
    """Whether it is a column for people, also of a row in a variable named like one."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return False
    owner = {"message": "Message", "event": "TimelineEvent"}.get(node.value.id, node.value.id)
    return (owner, node.attr) in {*TEXTS, ("Message", "detail")}


def is_emptiness(node: ast.AST) -> bool:
    """Whether it only asks if there is a text at all."""
    return isinstance(node, ast.Compare) and all(
        isinstance(other, ast.Constant) and other.value == "" for other in node.comparators
    )


def finds_whole(node: ast.AST) -> bool:
    """Whether it looks for one of several whole values."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "in_"


def faults(source: str) -> list[int]:
    """Return the lines that decide by a text, or by a part of a dedupe key."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if is_emptiness(node):
            continue
        parts = compared(node)
        taken_apart = (
            not isinstance(node, ast.Compare)
            and not finds_whole(node)
            and any(isinstance(part, ast.Attribute) and part.attr in KEYS for part in parts)
        )
        if taken_apart or any(map(is_text, parts)):
            found.append(node.lineno)  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_service_decides_by_a_text_for_people_or_a_part_of_a_key(path: Path) -> None:
    lines = faults(path.read_text())
    assert lines == [], f"{path.name}:{lines}: read a column instead (add one, with a migration)"


@pytest.mark.parametrize(
    "line",
    [
        "select(Message).where(Message.reason.startswith('held: '))",
        "select(TimelineEvent).where(TimelineEvent.detail.in_(('all holds',)))",
        "select(TimelineEvent).where(TimelineEvent.kind == 'link_revoked')",
        "message.reason == 'paid'",
        "int(message.detail)",
        "message.dedupe_key.split(':')",
        "event.detail.endswith('x')",
    ],
)
def test_a_decision_by_a_text_is_found(line: str) -> None:
    assert faults(line) == [1]


@pytest.mark.parametrize(
    "line",
    [
        "select(Message).where(Message.dedupe_key == key)",
        "select(Message).where(Message.dedupe_key.in_(keys))",
        "select(TimelineEvent).where(TimelineEvent.detail != '')",
        "notice_email(invoice, message.detail)",
        "f'{message.state}: {message.reason}' if message.reason else ''",
        "person.named_in(message.reason)",
    ],
)
def test_showing_a_text_and_finding_a_whole_key_are_no_decisions(line: str) -> None:
    assert faults(line) == []
