"""Passwords of staff: what guessing one costs."""

import re

from paymail.services.access import staff


def test_a_password_costs_what_the_rfc_recommends() -> None:
    # RFC 9106, section 4: Argon2id with 64 MiB, three passes and four lanes where memory is constrained.
    kept = staff._HASHER.hash("correct horse battery staple")
    assert re.match(r"\$argon2id\$v=19\$m=65536,t=3,p=4\$", kept)
