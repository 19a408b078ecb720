"""Where settings are read from: `PAYMAIL_*` variables, a file of them, and what a running `up` published.

The environment wins over the file, which wins over what `up` published in its data folder.
"""

import difflib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from paymail.errors import Misconfigured

PREFIX = "PAYMAIL_"
ENV_FILE = "PAYMAIL_ENV_FILE"
LIFELINE = "PAYMAIL_LIFELINE_FD"
SYSTEM_FILE = Path("/etc/paymail/paymail.env")
RUNTIME_FILE = "runtime.json"

_NO_SETTINGS = {ENV_FILE, LIFELINE}
# Kubernetes gives each pod variables about the services of its namespace; one may be called `paymail`.
_OF_KUBERNETES = re.compile(r"PAYMAIL_(\w+_)?(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)")
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def file_values(environment: Mapping[str, str], system: Path = SYSTEM_FILE) -> dict[str, str]:
    """Return the variables of the file that `--env-file` names, else of the system's file if it can be read.

    Raises Misconfigured for a named file that cannot be read, and for a line that is no assignment.
    """
    named = environment.get(ENV_FILE, "")
    file = Path(named) if named else system
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        if not named:
            return {}
        why = getattr(error, "strerror", None) or "not a text file"
        raise Misconfigured(f"--env-file: {file}: {why}") from error
    return _parsed(file, text)


def _parsed(file: Path, text: str) -> dict[str, str]:
    """Return the assignments. The format is that of systemd's EnvironmentFile, one line each."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        if (match := _LINE.fullmatch(line.strip())) is None:
            raise Misconfigured(f"{file}, line {number}: not NAME=value")
        name, value = match.groups()
        quoted = len(value) >= 2 and value[0] in "'\"" and value[-1] == value[0]
        found[name] = value[1:-1] if quoted else value
    return found


def refuse_unknown(given: Mapping[str, str], fields: Iterable[str]) -> None:
    """Raise Misconfigured for a `PAYMAIL_*` variable that is no setting, with the nearest that is one."""
    known = {f"{PREFIX}{field.upper()}" for field in fields}
    unknown = sorted(
        name
        for name, value in given.items()
        if name.startswith(PREFIX) and name not in known | _NO_SETTINGS and not _is_of_kubernetes(name, value)
    )
    if unknown:
        raise Misconfigured("; ".join(f"{name}: no such setting{_nearest(name, known)}" for name in unknown))


def _is_of_kubernetes(name: str, value: str) -> bool:
    return bool(_OF_KUBERNETES.fullmatch(name)) or value.startswith(("tcp://", "udp://", "sctp://"))


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


def published(folder: Path) -> dict[str, object]:
    """Return the addresses that a running `up` published in its data folder, or nothing."""
    try:
        found = json.loads((folder / RUNTIME_FILE).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def unread_system_file(system: Path = SYSTEM_FILE) -> bool:
    """Whether the system's file is there, but not for this user to read."""
    try:
        return system.exists() and not os.access(system, os.R_OK)
    except OSError:
        return True
