"""A person is found in texts that quote a file, however they are written there."""

import pytest

from paymail.services.customers.erased_person import ErasedPerson

EMILIE = ErasedPerson(1, "x", "x", frozenset(), frozenset({"émilie østergård 山"}))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Émilie Østergård 山 is here", True),
        (ascii("Émilie Østergård 山") + " is here already", True),
        (ascii("ÉMILIE ØSTERGÅRD 山"), True),
        (r"\xe9milie", False),
        (r"\x and \U0010ffff and \u12", False),
    ],
)
def test_a_person_is_named_in_plain_and_in_quoted_text(text: str, named: bool) -> None:
    assert EMILIE.named_in(text) is named
