"""Which passwords may be set (NIST SP 800-63B, section 3.1.1.2): long ones that nobody would try early.

There are no rules about digits or signs: they make passwords harder to remember, not harder to guess.
"""

import re
from collections.abc import Iterable

from zxcvbn import zxcvbn

from paymail.errors import InvalidInput
from paymail.services.access.password_hasher import normal

SHORTEST, LONGEST = 12, 256
_EASY = 10**8
"""Guesses: zxcvbn's border between "somewhat" and "safely" unguessable."""
_LOOKED_AT = 72
"""Characters that are searched for patterns: the search takes long for long passwords."""
_OWN = 8
"""Characters that must be left when the words a guesser begins with are taken out."""


class WeakPassword(InvalidInput):
    """A password that may not be set; the message says why."""

    code = "weak_password"


def check_password(password: str, *, familiar: Iterable[str]) -> None:
    """Raise WeakPassword for a password too short, too long, common, or made of `familiar` texts.

    `familiar` is what a guesser would try for this person: the email, the issuer's name.
    """
    text = normal(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise WeakPassword(f"a password must have {SHORTEST} to {LONGEST} characters")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise WeakPassword("this password is not valid text; check the encoding of your terminal")
    words = _words(("paymail", *familiar))
    if len(_without(text, words)) < _OWN:
        raise WeakPassword(
            "this password is mostly made of your email address, the issuer's name or “paymail”; "
            "choose another, for example four or more random words"
        )
    if zxcvbn(text[:_LOOKED_AT], user_inputs=words)["guesses"] < _EASY:
        raise WeakPassword(
            "this password is too common or too easy to guess; choose another, "
            "for example four or more random words"
        )


def _words(texts: Iterable[str]) -> list[str]:
    found = {word for text in texts for word in re.split(r"[\W_]+", normal(text).casefold())}
    return sorted((word for word in found if len(word) > 2), key=lambda word: (-len(word), word))


def _without(text: str, words: list[str]) -> str:
    left = text.casefold()
    for word in words:
        left = left.replace(word, "")
    return re.sub(r"[\W_]+", "", left)
