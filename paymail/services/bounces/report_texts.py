"""Reports without a status part: plain words, of many servers and years.

Read are only the server's own words, up to the copy of the returned message, and only if they say that a
delivery failed: a person's automatic reply may come from the same address and is no report.
"""

import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

from paymail.services.bounces import report_parts
from paymail.services.bounces.report import Finding, Kind, finding_of
from paymail.services.bounces.status_fields import field


def _any(*expressions: str) -> re.Pattern[str]:
    return re.compile("|".join(expressions), re.IGNORECASE)


_DAEMON = _any(
    r"mailer-?daemon|post_?master|mail ?deliver|mdaemon|mail system|mmsc|system administrator",
)
_SUBJECT = _any(
    r"undeliver|non?[ -]deliver|not deliver",
    r"deliver\w* (?:\w+ ){0,3}(?:fail|problem|error|delay|status)|fail\w* (?:\w+ ){0,3}deliver",
    r"failure notice|returned (?:mail|message|to sender)|mail (?:failure|error|delivery)",
    r"bounce|error sending",
    r"unzustellbar|non (?:remis|distribu)|no se puede entregar|エラー通知",
)
_AUTOMATIC_REPLY = re.compile(r"auto\w*[ -](?:reply|response|antwort) ?:", re.IGNORECASE)
_ANSWERED = re.compile(r"(?:re|fwd?|aw|wg) ?:", re.IGNORECASE)
_REPLY = re.compile(r"(?<![\w.@-])[45]\d\d[ -]+(?=[#(<\"'\w])", re.ASCII)
_REPLY_LINE = re.compile(r"[ \t<>]*([2345]\d\d)[ -]", re.ASCII)
_CODE = re.compile(r"(?<![\d./])[45]\.\d{1,3}\.\d{1,3}(?!\d|\.\w)", re.ASCII)
_FAILED = _any(
    r"(?:not|n.t|unable to|unable|cannot|failed to) (?:\w+ ){0,4}(?:be )?(?:deliver|reach|sent|accept)",
    r"(?:did|could) not (?:be )?reach|undeliver|deliver\w* (?:\w+ ){0,8}fail|failed permanently|fatal error",
    r"permanent (?:error|failure)|(?:error|trouble|problem)\w* (?:\w+ ){0,8}deliver|delivery errors?",
    r"(?:user|host|recipient|address)s? unknown|unknown (?:user|host|recipient)|no such user",
    r"invalid (?:user|recipient)|no valid recipients|malformed address|failure reasons?",
    r"(?:has been|was) returned because|(?:was|were) rejected by|refused to (?:accept|talk)",
    r"connection timed out|service error",
    r"nicht (?:erreicht|zugestellt)|n.a pas (?:pu|été)|no se pudo entregar",
    r"送信できません|配信できません|失敗しました",
)
_DELAYED = _any(
    r"warning message only|(?:not|n.t) need to resend|attempts will continue|warning: (?:could not|message)",
    r"will (?:be re-?tried|retry|keep trying|try again|continue (?:to try|trying|attempting))",
    r"not yet been delivered|delivery (?:\w+ ){0,3}delayed|has been delayed",
)
_ADDRESS = re.compile(
    r"[\w.!#$%&*+/=?^`{|}~-][\w.!#$%&'*+/=?^`{|}~-]{0,79}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
)
_MOST_ADDRESSES = 50
_PARAGRAPHS = 3


def findings(message: Message, words: str) -> Iterator[Finding]:
    """Yield what a report says in its own `words` (`report_parts.own_words`)."""
    blocks = [block for block in report_parts.blocks(words) if block.get("Final-Recipient")]
    if blocks or not (_from_a_server(message) and _failed(message, words)):
        return
    kind = Kind.SOFT if _DELAYED.search(f"{_subject(message)}\n{words}") else Kind.HARD
    for address in _addresses(message, words):
        yield finding_of([address], kind, field="", reply=words_about(words, address))


def _from_a_server(message: Message) -> bool:
    """Whether a message without a status part may be a bounce at all; a person's out-of-office is not.

    `Auto-Submitted` says nothing: bounces and automatic replies share it (RFC 3834), as they do the empty
    return path.
    """
    if message.get("X-Failed-Recipients"):
        return True
    if any(kind == "message/disposition-notification" for kind, _ in report_parts.kinds(message)):
        return False  # somebody has read it (RFC 8098)
    subject = _subject(message)
    if _AUTOMATIC_REPLY.match(subject):
        return False
    return bool(
        _DAEMON.search(field(message, "From"))
        or message.get_content_type() == "multipart/report"
        or (
            not _ANSWERED.match(subject)
            and (
                _SUBJECT.search(subject)
                or any(kind == "message/rfc822" for kind, _ in report_parts.kinds(message))
            )
        )
    )


def _subject(message: Message) -> str:
    try:
        return str(make_header(decode_header(field(message, "Subject")[:1000])))
    except (ValueError, LookupError):
        return field(message, "Subject")[:1000]


def _failed(message: Message, words: str) -> bool:
    said = _REPLY.search(words) or _CODE.search(words) or _FAILED.search(words)
    return bool(said or message.get("X-Failed-Recipients") or _SUBJECT.search(_subject(message)))


def _addresses(message: Message, words: str) -> list[str]:
    """Return whom the report names: the recipients of a header or the text, else of the returned message."""
    ours = {address.lower() for _, address in getaddresses([field(message, "From"), field(message, "To")])}
    found = [address for _, address in getaddresses([field(message, "X-Failed-Recipients")])]
    found = found or [one for one in _ADDRESS.findall(words) if one.lower() not in ours]
    if not found:
        headers = [field(copy, "To") for copy in report_parts.returned(message)]
        found = [address for _, address in getaddresses(headers[:5])]
    found = found or _ADDRESS.findall(words)  # somebody wrote to themselves
    return list(dict.fromkeys(address.rstrip(".") for address in found if "@" in address))[:_MOST_ADDRESSES]


def words_about(words: str, address: str) -> str:
    """Return the reply about an address: the one after it, else the only one of all, else the words there."""
    start = words.lower().find(address.lower())
    if start < 0:
        return _reply(words) or " ".join(_paragraphs(words))
    about = words[_beginning(words, start) : _end(words, start, address)]
    few = len({one.lower() for one in _ADDRESS.findall(words)}) < 3
    alone = few or len(_REPLY.findall(words)) == 1
    return _reply(about) or (_reply(words) if alone else "") or " ".join(_paragraphs(about))


def _beginning(words: str, start: int) -> int:
    """Return where the paragraph begins that names an address first at `start`, or its line in a list."""
    paragraph = words.rfind("\n\n", 0, start) + 1
    line = words.rfind("\n", 0, start) + 1
    return line if _ADDRESS.search(words[paragraph:line]) else paragraph


def _end(words: str, start: int, address: str) -> int:
    for found in _ADDRESS.finditer(words, start):
        leads_a_line = not words[words.rfind("\n", 0, found.start()) + 1 : found.start()].strip(' \t<*>:"')
        if leads_a_line and found[0].lower() != address.lower():
            return found.start()
    return len(words)


def _reply(text: str) -> str:
    """Return the first reply of a server in a text: its lines, up to one with another code."""
    found = _REPLY.search(text) or _CODE.search(text)
    if found is None:
        return ""
    first, *rest = text[found.start() : found.start() + 3000].split("\n")
    said = [first]
    for line in rest:
        other = _REPLY_LINE.match(line)
        if not line.strip() or (other and other[1] != first[:3]):
            break
        said.append(line)
    return " ".join(" ".join(said).split())


def _paragraphs(text: str) -> list[str]:
    return [" ".join(one.split()) for one in re.split(r"\n[ \t]*\n", text[:3000])][:_PARAGRAPHS]
