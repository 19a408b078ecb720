"""docs/architecture.md tells of the tree as it is."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "architecture.md").read_text()
CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


def packages(folder: Path) -> set[str]:
    return {file.parent.name for file in folder.glob("*/__init__.py")}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([a-z_/]+\.py)(?:`|:)", TEXT))))
def test_every_file_that_the_page_names_exists(name: str) -> None:
    places = [ROOT / name, ROOT / "paymail" / name, ROOT / "paymail" / "services" / name]
    assert any(place.is_file() for place in places), f"{name} has moved: update docs/architecture.md"


def test_every_package_has_a_line() -> None:
    lines = set(re.findall(r"^\| `paymail/(\w+)/` \|", TEXT, re.MULTILINE))
    assert lines == packages(ROOT / "paymail"), "docs/architecture.md lists the packages of paymail"


def test_the_floors_of_the_services_are_those_of_the_contract() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", TEXT, re.MULTILINE)
    drawn: dict[int, set[str]] = {}
    for floor, package in rows:
        drawn.setdefault(int(floor), set()).add(package)
    layers = CONTRACTS["Floors of the services"]["layers"]
    linted = {n: set(layer.split(" | ")) for n, layer in enumerate(reversed(layers), start=1)}
    assert drawn == linted
    assert {package for floor in linted.values() for package in floor} == packages(
        ROOT / "paymail" / "services"
    )


def test_the_words_are_in_order_and_each_has_one_line() -> None:
    words = re.findall(r"^\| ([A-Z][\w-]*(?: [\w-]+)*) \|", TEXT.partition("## Words")[2], re.MULTILINE)[1:]
    assert words == sorted(words, key=str.lower)
    assert len(words) == len(set(words)) > 40


def test_no_file_cites_a_design_that_is_not_here() -> None:
    cited = re.compile(r"DESIGN" + r"(\.md)? ?§")
    folders = ("paymail", "tests", "docs", "migrations", "benchmarks")
    files = [
        file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix in (".py", ".md")
    ]
    assert [str(file) for file in files if cited.search(file.read_text())] == []


def test_only_the_ledger_writes_the_payment_status() -> None:
    files = [path for path in (ROOT / "paymail").rglob("*.py") if "services/ledger" not in path.as_posix()]
    assert [str(path.relative_to(ROOT)) for path in files if writes_payment_status(path)] == []


def writes_payment_status(path: Path) -> bool:
    """Whether a file assigns a `payment_status`, or names it in a new invoice or in an UPDATE."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        targets = node.targets if isinstance(node, ast.Assign) else []
        parts = [part for target in targets for part in ast.walk(target)]
        if any(isinstance(part, ast.Attribute) and part.attr == "payment_status" for part in parts):
            return True
        if not isinstance(node, ast.Call):
            continue
        named = {one.arg for one in node.keywords} | {ast.unparse(one).strip("'") for one in node.args}
        called = re.search(r"(?:^|\.)(Invoice|values|setattr)$", ast.unparse(node.func))
        if called and "payment_status" in named:
            return True
    return False
