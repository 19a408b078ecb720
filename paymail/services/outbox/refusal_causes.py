"""Whose fault a refusal is: by the server's own reply, its enhanced code first (RFC 3463), else its words.

A wrong suppression stops a customer's invoices, so anything that may be about rate, quota, block lists,
relaying, the sender or a policy is never taken for a bad address, whatever its code says.
"""

import re
from enum import StrEnum


class Cause(StrEnum):
    """Why a message was refused."""

    ADDRESS = "address"
    """No such mailbox or domain: the recipient's address takes no mail."""
    SENDER = "sender"
    """The receiver does not accept our DNS records or reputation. The address may be sound."""
    OTHER = "other"
    """Anything else, or too vague to condemn an address."""


PASSED_ON = "passed on to "
"""Begins the words of a refusal by a server that a recipient's own passes mail on to."""
_ABOUT_THE_ADDRESS = frozenset({"1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "4.4", "7.17"})
"""RFC 3463 §3.2: no such mailbox (1.1), no such system (1.2), bad syntax (1.3), ambiguous (1.4), moved
(1.6); mailbox disabled (2.1); no route to the domain (4.4). RFC 7505: null MX (1.10). RFC 7293: the
mailbox has another owner (7.17). Not the address's fault: 1.7 and 1.8 (sender), 2.2 (full), 2.3 (too
large), 3.x and 4.x (systems, network), 5.x (protocol), 6.x (content), other 7.x (policy, spam filters)."""
_UNDEFINED = re.compile(r"(?:[01235]\.0|\d\.\d{3})?", re.ASCII)
"""Codes that say nothing (RFC 3463 §3: X.Y.0 is "other"), and three digits, which are a vendor's own."""
_ABOUT_THE_SENDER = frozenset({"7.25", "7.26", "7.27", "7.28", "7.29", "7.509", "7.515"})
"""RFC 7372 §3: reverse DNS (25), several authentication checks (26). Gmail: SPF (27), rate (28), TLS (29).
Exchange Online and Outlook.com: DMARC (509, 515)."""
_AUTHENTICATION = re.compile(
    r"\b(?:dmarc|dkim|spf)\b(?!\s*[=:]?\s*pass)|unauthenticated|sender policy framework", re.IGNORECASE
)
_CODE = r"([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\w)"
_AFTER_REPLY_CODE = re.compile(rf"(?<![\d.])[245]\d\d[ -]+[<(#]*{_CODE}", re.ASCII)
_ALONE = re.compile(rf"(?:^|[\s(<#:\[])(?<!exim )(?<!ersion ){_CODE}", re.ASCII | re.IGNORECASE)
_HAS_REPLY_CODE = re.compile(r"(?<![\d.])5\d\d[ -]", re.ASCII)
_NAMES = re.compile(r"[^\s@]{0,80}@\S*|\b[\w-]+(?:\.[\w-]+)+\b")
"""Addresses and host names: their owners chose those words."""
_BLOCK_LIST = re.compile(r"spamhaus|spamcop|/query/|[?&]ip=|\bdnsbl\b|\brbl\b|block ?-?list", re.IGNORECASE)
_NOUN = (
    r"(?:e-?mail )?(?:user|mailbox|recipient|account|address|adresse?|person|alias|domain|host|system)"
    r"(?:name)?s?"
)


def _any(*expressions: str) -> re.Pattern[str]:
    return re.compile("|".join(expressions), re.IGNORECASE)


_NOBODY = _any(
    rf"unknown (?:local )?{_NOUN}\b",
    rf"\b{_NOUN} (?:is )?unknown",
    rf"no such {_NOUN}",
    rf"\b{_NOUN}\b[^.;]{{0,60}}not found",
    rf"\b{_NOUN}\b[^.;]{{0,60}}(?:was|is|were|be)(?: not|n.t) (?:be )?(?:found|recogni[sz]ed|known)",
    rf"\b{_NOUN}\b[^.;]{{0,60}}(?:(?:does|do|did)(?: not|n.t) exist|not exist|disabled|not listed)",
    r"user(?: does not|s? doesn.t| don.t| do not) have an?\b",
    r"no mailbox here|not our (?:user|customer)|unknown or illegal alias|invalid final delivery userid",
    r"unrouteable (?:mail )?(?:domain|address)|not a (?:registered|known|valid) [\w ]*user",
    rf"invalid {_NOUN}|{_NOUN} invalide?\b|address rejected[\s.\"'>)]*(?:\(in reply to rcpt|$)",
    r"no mx record|indicated no smtp service|(?:host|domain) does not accept mail",
    r"(?:adresse|empf.nger|postfach|benutzer)[^.;]{0,60}(?:nicht gefunden|existiert nicht|unbekannt)",
    r"(?:adresse|destinataire|utilisateur)[^.;]{0,60}(?:inconnue?|introuvable|n.existe pas)",
    r"(?:usuario|destinatario)[^.;]{0,40}(?:desconocido|no existe)",
    r"(?:utente|destinatario)[^.;]{0,40}(?:sconosciuto|inesistente)",
    r"(?:usu.rio|destinat.rio)[^.;]{0,40}(?:desconhecido|n.o existe)",
    "(?:ディレクトリ|ユーザー|アドレス|宛先)[^。;]{0,40}(?:見つかりません|ありません|存在しません)",
)
_VETO = _any(
    # rate
    r"too (?:many|fast|much|often)|\brate\b|rate.?limit|throttl|exceed|this hour|per (?:hour|minute|day)\b",
    # quota
    r"quota|\bfull\b|storage|insufficient|no (?:disk )?space|too (?:large|big)",
    # block lists
    r"black ?-?list|\bblock|deny ?list|reputation|\bspam|(?<!not )\blisted (?:at|in|by|on)\b|banned",
    # relay
    r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not|prohibited|rejected)|relaying",
    r"(?:not|n.t|cannot|unable to|denied|permitted to) (?:\w+ ){0,2}relay",
    # sender
    r"\bsender|mail from\b|from (?:address|domain)|\b(?:helo|ehlo)\b|client host|\bsending",
    r"your (?:ip|domain|server|host)\b",
    # policy
    r"polic(?:y|ies)|prohibited|authenticat|dmarc|dkim|\bspf\b|not (?:allowed|authori[sz]ed|permitted)",
    r"access denied|forbidden|virus|greylist",
    # nothing final
    r"try (?:again|later)|temporar|time(?:d)? ?out|malformed or unexpected|\bloop",
)
_EXCHANGE_ONLINE = re.compile(r"\.prod\.protection\.outlook\.\w", re.IGNORECASE)


def judged(field: str, reply: str) -> tuple[str, Cause]:
    """Return the enhanced code that counts, and whose fault a permanent refusal is.

    `field` is the report's Status, empty if it has none; `reply` what the refusing server said. What it
    said goes before the field, which relays make up: Sendmail calls every 550 a 5.1.1.
    """
    said = _said(reply)
    given = found[1] if (found := _ALONE.search(field)) else ""
    status = (
        given
        if not said or (_means_nothing(said) and given[:1] == said[0] and not _means_nothing(given))
        else said
    )
    return status, _cause(status, reply, made_up=not said)


def blames_sender(words: str) -> bool:
    """Return whether a refusal's words, as they were written down, blame the sender for the recipient.

    A server that passes mail on breaks SPF by that; what the next one says of it is not about us.
    """
    return PASSED_ON not in words and judged("", words)[1] is Cause.SENDER


def _said(reply: str) -> str:
    found = _AFTER_REPLY_CODE.search(reply) or _ALONE.search(reply)
    return found[1] if found else ""


def _means_nothing(status: str) -> bool:
    return bool(_UNDEFINED.fullmatch(status.partition(".")[2]))


def _cause(status: str, reply: str, *, made_up: bool) -> Cause:
    rest = status.partition(".")[2]
    words = _NAMES.sub(" ", reply)
    nobody = bool(_NOBODY.search(words))
    policy = rest.startswith("7.") or _means_nothing(status)
    if (rest in _ABOUT_THE_SENDER and not (made_up and nobody)) or (policy and _AUTHENTICATION.search(words)):
        return Cause.SENDER
    if status.startswith(("2.", "4.")):
        return Cause.OTHER
    if rest == "4.1" and _EXCHANGE_ONLINE.search(reply):
        # Its edge knows every recipient ("directory-based edge blocking"), and says so in these words.
        return (
            Cause.ADDRESS
            if "recipient address rejected: access denied" in " ".join(words.lower().split())
            else Cause.OTHER
        )
    if _BLOCK_LIST.search(reply) or _VETO.search(words):
        return Cause.OTHER
    if _means_nothing(status) or (made_up and _HAS_REPLY_CODE.search(reply)):
        return Cause.ADDRESS if nobody else Cause.OTHER
    return Cause.ADDRESS if rest in _ABOUT_THE_ADDRESS else Cause.OTHER
