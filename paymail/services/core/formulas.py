"""Cells that spreadsheets would calculate: written with a `'` before them, and read without it."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a cell begins with that spreadsheets would calculate; the last four are the full-width signs."""


def guarded(text: str) -> str:
    """Return a text that no spreadsheet calculates. `unguarded` gives it back as it was."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def unguarded(text: str) -> str:
    """Return a text without the `'` that guards it, if one does."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text
