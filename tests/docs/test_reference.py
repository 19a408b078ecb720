"""The pages that are written from the code are as the code is."""

import pytest

from tests.docs.reference import FOLDER, PAGES, written


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_says_what_the_code_says(name: str) -> None:
    committed = (FOLDER / name).read_text()
    assert committed == written(name), f"docs/reference/{name} is out of date: run make docs"
