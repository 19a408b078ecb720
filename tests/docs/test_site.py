"""The site builds without a warning, and its readers' browsers fetch nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

FETCHED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=\"?((?:https?:)?//[^\"\s>]+)")
LOADED_BY_SCRIPT = ('class="mermaid"', 'class="arithmatex"', "data-md-component=source")
"""For these the theme's script would fetch more: diagrams, formulas, stars of a repository."""


def test_the_site_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "mkdocs", "--quiet", "build", "--strict", "--site-dir", str(tmp_path)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        build, cwd=ROOT, env=quiet, capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        html = page.read_text()
        assert FETCHED.findall(html) == [], page.name
        assert not any(word in html for word in LOADED_BY_SCRIPT), page.name
    assert not any("@import" in css.read_text() for css in tmp_path.rglob("*.css"))
