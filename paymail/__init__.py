"""paymail: the email invoicing pipeline."""

from pathlib import Path

__version__ = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent


def top_folder(name: str) -> Path:
    """Return a folder of the repository's top level: a wheel has it in the package, a checkout beside it."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
