"""docker-compose.yml as Compose reads it, as far as the trial of the image needs it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from paymail.environment import ENV_FILE, file_values
from tests.conftest import ROOT

_VARIABLE = re.compile(r"\$\{(\w+)(:\?[^}]*)?\}")


@dataclass(frozen=True)
class Service:
    """What Compose would start: the command after the image's entrypoint, and its whole environment."""

    name: str
    command: list[str]
    environment: dict[str, str]
    volumes: dict[str, str]
    healthcheck: list[str]


def services(env_file: Path, file: Path = ROOT / "docker-compose.yml") -> dict[str, Service]:
    """Return the services by name, with the variables of an env file filled in."""
    variables = file_values({ENV_FILE: str(env_file)})
    found = _filled(yaml.safe_load(file.read_text()), variables)["services"]
    return {name: _service(name, found[name], variables) for name in found}


def _service(name: str, found: Mapping[str, Any], variables: Mapping[str, str]) -> Service:
    from_file = dict(variables) if found.get("env_file") else {}
    pairs = (volume.split(":")[:2] for volume in found.get("volumes", ()))
    test = found.get("healthcheck", {}).get("test", [])
    return Service(
        name=name,
        command=list(found.get("command", [])),
        environment={**from_file, **found.get("environment", {})},
        volumes={inside: outside for outside, inside in pairs},
        healthcheck=test[1:] if test[:1] == ["CMD"] else [],
    )


def _filled(node: Any, variables: Mapping[str, str]) -> Any:
    """Fill in `${NAME}` and `${NAME:?why}`; raises KeyError for one that is needed and is not there."""
    if isinstance(node, dict):
        return {key: _filled(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, variables) for value in node]
    if isinstance(node, str):
        return _VARIABLE.sub(lambda match: variables[match[1]], node)
    return node
