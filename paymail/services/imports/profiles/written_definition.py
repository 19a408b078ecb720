"""A profile as a definition in TOML, to be read and changed by people."""

from collections.abc import Mapping
from typing import Any

from paymail.services.imports.profiles.amounts import plain
from paymail.services.imports.profiles.profile import ADDRESS, METADATA, NOT_ZERO, Profile


def written(profile: Profile) -> dict[str, Any]:
    """Return the definition of a profile on the base of a built-in one, with all that it could change."""
    parts = (ADDRESS, METADATA, NOT_ZERO)
    columns = {name: list(theirs) for name, theirs in profile.columns.items() if not name.startswith(parts)}
    statuses = {
        word: " ".join(filter(None, [means.status.value, means.payment.value if means.payment else ""]))
        for word, means in profile.statuses.items()
    }
    taxes = {word: f"{plain(tax.rate)} {tax.category}".strip() for word, tax in profile.taxes.items()}
    found = {
        "base": profile.name,
        "title": profile.title,
        "columns": columns,
        "constants": dict(profile.constants),
        "statuses": statuses,
        "taxes": taxes,
    }
    return {key: value for key, value in found.items() if value}


def as_toml(definition: Mapping[str, Any]) -> str:
    """Return a definition as TOML: texts and lists first, then its tables."""
    lines = [f"{key} = {_value(value)}" for key, value in definition.items() if not isinstance(value, dict)]
    for key, value in definition.items():
        if isinstance(value, dict):
            lines += ["", f"[{key}]", *(f"{_value(name)} = {_value(one)}" for name, one in value.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return f'"{"".join(map(_escaped, str(value)))}"'


def _escaped(letter: str) -> str:
    """Return a letter of a text, which commands no terminal."""
    if letter in '"\\' or not (letter.isascii() and letter.isprintable()):
        return f"\\U{ord(letter):08X}" if letter not in '"\\' else f"\\{letter}"
    return letter
