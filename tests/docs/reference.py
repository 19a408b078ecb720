"""Writes the reference pages that follow from the code: `python -m tests.docs.reference`, or `make docs`."""

from collections.abc import Callable

from tests.conftest import ROOT
from tests.docs import columns, commands, profiles, states

FOLDER = ROOT / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "cli.md": commands.page,
    "csv.md": columns.page,
    "profiles.md": profiles.page,
    "states.md": states.page,
}
NOTE = "<!-- Written by `make docs` from the code. Change the code, or tests/docs; not this page. -->\n\n"


def written(name: str) -> str:
    """Return the text of a page as the code has it now."""
    return NOTE + PAGES[name]().strip() + "\n"


def main() -> None:
    """Write the pages that differ."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        file, text = FOLDER / name, written(name)
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            print(f"wrote {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
