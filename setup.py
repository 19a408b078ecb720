"""Puts into a wheel what the repository keeps beside the package; everything else is in pyproject.toml."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BESIDE = ("email_templates", "migrations")
GUIDE = Path("paymail", "web", "help_pages.txt")
"""Lists the pages of `docs` that the staff pages serve; no others get into a wheel."""


class BuildWithFolders(build_py):
    """Builds the package with these folders in it; an editable install finds them where they are."""

    def run(self) -> None:
        """Build the package, then copy the folders."""
        super().run()
        if self.editable_mode:
            return
        files = [file for folder in BESIDE for file in sorted(Path(folder).rglob("*"))]
        files += [Path("docs", name) for name in GUIDE.read_text().split()]
        for file in files:
            if file.is_file() and file.suffix != ".pyc":
                target = Path(self.build_lib, "paymail", file)
                self.mkpath(str(target.parent))
                self.copy_file(str(file), str(target))


setup(cmdclass={"build_py": BuildWithFolders})
