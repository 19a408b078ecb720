"""The house stands as drawn: routes are guarded, settings documented, clocks read in one place."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from paymail.queue import celery_app
from paymail.settings import Settings
from paymail.tasks import register
from tests.conftest import ROOT
from tests.web.conftest import Site, site

__all__ = ["site"]

SOURCES = sorted((ROOT / "paymail").rglob("*.py"))
SLOW = {
    "alembic",
    "alembic.config",
    "paymail.cli.trace_export",
    "paymail.render.printer",
    "paymail.web.schemas.import_files",
}
"""What most commands do not need, and what takes as long to import as everything that they do."""
PUBLIC = {
    "/",
    "/openapi.json",
    "/healthz",
    "/readyz",
    "/webhooks/stripe",
    "/pay/{token}",
    "/pay/{token}/renew",
    "/pay/{token}/paid",
    "/pay/{token}/promise",
    "/api/public/pay/{token}",
    "/api/public/pay/{token}/create-payment",
    "/api/public/pay/{token}/confirm-payment",
    "/api/public/pay/{token}/invoice.pdf",
    "/api/public/pay/{token}/receipt.pdf",
    "/api/public/pay/{token}/receipts/{number}.pdf",
    "/api/public/pay/{token}/credit-notes/{refund_id}.pdf",
    "/api/public/pay/{token}/renew",
    "/api/public/pay/{token}/already-paid",
    "/api/public/pay/{token}/promise",
    "/api/public/pay/{token}/saved-method/remove",
    "/pay/{token}/saved-method/remove",
    "/staff/login",
    "/staff/password/{staff_token}",
    "/brand/{digest}.png",
}


def routes_of(found: Site) -> list[tuple[str, str]]:
    """Return every path with its method, whoever included it."""
    pairs: list[tuple[str, str]] = []
    pending = list(found.client.app.routes)  # type: ignore[attr-defined]
    while pending:
        route = pending.pop()
        pending += getattr(route, "routes", None) or getattr(
            getattr(route, "original_router", None), "routes", []
        )
        if isinstance(route, APIRoute):
            pairs += [(route.path, method) for method in route.methods]
    return pairs


def test_every_route_of_the_api_asks_for_a_key(site: Site) -> None:
    found = [(path, method) for path, method in routes_of(site) if path.startswith("/api/v1/")]
    assert len(found) >= 11
    for path, method in found:
        address = re.sub(r"\{\w+\}", "1", path)
        answer = site.client.request(method, address)
        assert (answer.status_code, answer.headers.get("www-authenticate")) == (401, "Bearer"), (method, path)


def test_every_route_that_is_not_public_asks_for_a_login(site: Site) -> None:
    pairs = [(path, method) for path, method in routes_of(site) if not path.startswith("/api/v1/")]
    prefixed = [
        (path if path in PUBLIC or path.startswith("/staff") else f"/staff{path}", m) for path, m in pairs
    ]
    guarded = [(path, method) for path, method in prefixed if path not in PUBLIC]
    assert len(guarded) >= 12
    for path, method in guarded:
        address = re.sub(r"\{\w+\}", "1", path)
        answer = site.client.request(method, address, follow_redirects=False)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/staff/login"), (method, path)


def test_beat_entries_name_tasks_and_use_the_queue_that_workers_consume(tmp_path: Path) -> None:
    celery = celery_app.make_celery("", tmp_path, tick_seconds=2.0)
    register(celery, lambda: pytest.fail("nothing is built while tasks are registered"), prefork=False)
    for entry in celery.conf.beat_schedule.values():
        assert entry["task"] in celery.tasks
    ours = {name for name in celery.tasks if name.startswith("paymail.")}
    assert ours == {celery_app.DELIVER, celery_app.TICK, celery_app.WORK_EVENT}
    assert celery.conf.task_default_queue == celery_app.QUEUE
    assert not celery.conf.task_routes
    assert set(celery.amqp.queues.consume_from) == {celery_app.QUEUE}


def test_every_setting_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    rows = dict(re.findall(r"^\| `(PAYMAIL_\w+)` \| .* \| (.*) \|$", text, re.MULTILINE))
    expected = {f"PAYMAIL_{name.upper()}": field.description for name, field in Settings.model_fields.items()}
    assert rows == expected


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [name for group in project["optional-dependencies"].values() for name in group]
    explained = (ROOT / "docs" / "dependencies.md").read_text().lower()
    for requirement in [*project["dependencies"], *extras]:
        assert re.split(r"[\[>=<]", requirement)[0].lower() in explained, requirement


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-otel.lock", "requirements-dev.lock"])
def test_locks_hold_versions_and_hashes_only(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    pinned = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pinned
    assert all(re.match(r"[A-Za-z0-9._-]+==\S+ .*\\$", line) for line in pinned)
    assert not any("://" in line or line.startswith("-") for line in lines)


def test_no_file_names_a_registry_or_this_machine() -> None:
    # The words are put together here, so that this file does not find itself.
    words = ["py" + r"pi\.org", "python" + "hosted", r"registry\.n" + "pmjs", r"deb\.deb" + r"ian\.org"]
    forbidden = re.compile("|".join([*words, "/wo" + "rk/", "/fa" + "rm/"]))
    folders = ["paymail", "email_templates", "migrations", "tests", "benchmarks", "docs", "deploy", ".ci"]
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file()]
    files += [file for file in ROOT.iterdir() if file.is_file()]
    # Compiled modules name where they were compiled; a work tree names its repository in .git.
    files = [file for file in files if file.suffix != ".pyc" and file.name != ".git"]
    guilty = [file.name for file in files if forbidden.search(file.read_bytes().decode("utf-8", "replace"))]
    assert guilty == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 50, node.name


def test_only_the_clock_reads_the_clock() -> None:
    # The sandbox plays another company's server; monotonic time measures time limits and is no date.
    allowed = {"clock.py"}
    pattern = re.compile(r"datetime\.now\(|\.utcnow\(|date\.today\(|time\.time\(|secrets\.token")
    readers = {
        path.name for path in SOURCES if pattern.search(path.read_text()) and "sandbox" not in path.parts
    }
    assert readers == allowed


def test_imports_stand_at_the_top_but_for_those_that_take_long() -> None:
    inside = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import) or (isinstance(inner, ast.ImportFrom) and inner.module not in SLOW)
    ]
    assert inside == []


def test_the_top_level_is_as_agreed() -> None:
    for name in (
        "paymail/tasks", "paymail/web", "email_templates", "migrations", "tests", "benchmarks", "docs/adr",
        "docker-compose.yml", "Dockerfile", "README.md", "CHANGELOG.md", "LICENSE", "Makefile", ".ci/run",
    ):  # fmt: skip
        assert (ROOT / name).exists(), name
