"""What a server's reply means: the verdict, the enhanced status, and what a deferral is about.

Sources: RFC 5321 §4.2 (replies), RFC 3463 (enhanced status codes), RFC 4954 §6 and RFC 3207 §4 (replies
that are about our login or protection).
"""

import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

from paymail.observability import one_line
from paymail.ports.mail import Outcome, Scope, Verdict

_STATUS = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
_ABOUT_OUR_LOGIN = (530, 534, 535, 538)
"""Login missing, too weak, wrong, or wanting TLS: never a customer's message's fault, whenever it is said."""

# RFC 3463 §3: the middle number of x.y.z says what the reply is about. 1 is the address, 2 the mailbox,
# 3 the mail system, 4 network and routing, 5 the protocol (too many recipients, for instance), 6 the
# content, 7 policy (greylisting, rate, reputation: a host's opinion of us).
_AFTER_RCPT_ABOUT_ONE_MAIL = frozenset("1256")
_AFTER_DATA = {"3": Scope.RELAY, "4": Scope.DESTINATION, "7": Scope.DESTINATION}


class Refused(Exception):
    """A certain failure before the dot. `sound`: the connection can carry another mail."""

    def __init__(self, outcome: Outcome, *, sound: bool = False) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome
        self.sound = sound


@contextmanager
def phase(name: str, scope: Scope) -> Iterator[None]:
    """Turn whatever the network, TLS or a server's nonsense raises in here into a deferral about `scope`."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        reply = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
        status = enhanced_status(error.smtp_code, reply)
        detail = f"{error.smtp_code} {clean(reply)}"
        outcome = Outcome(Verdict.DEFERRED, error.smtp_code, detail, name, scope=scope, status=status)
        raise Refused(outcome) from error
    except (OSError, smtplib.SMTPException, ValueError) as error:
        # A ValueError may quote what could not be encoded, and that may be the password.
        detail = clean(error) if not isinstance(error, UnicodeError) else type(error).__name__
        raise Refused(Outcome(Verdict.DEFERRED, detail=detail, phase=name, scope=scope)) from error


def expect(answer: tuple[int, bytes], name: str) -> None:
    """Raise Refused unless the reply is 2yz, or 354 to DATA."""
    code, _reply = answer
    if (code == 354) if name == "DATA" else (200 <= code < 300):
        return
    raise Refused(judge(answer, name), sound=code >= 400 and is_sound(code))


def is_sound(code: int) -> bool:
    """Return whether the conversation can go on after this reply: one that means something, and no 421."""
    return 200 <= code < 600 and code != 421


def judge(answer: tuple[int, bytes], name: str) -> Outcome:
    """Return the outcome of a reply that refuses, in the phase `name` (MAIL, RCPT, DATA, body or dot)."""
    code, reply = answer
    status = enhanced_status(code, reply)
    failed = 500 <= code < 600 and code not in _ABOUT_OUR_LOGIN
    return Outcome(
        Verdict.FAILED if failed else Verdict.DEFERRED,
        code,
        f"{code} {clean(reply)}",
        name,
        scope=Scope.MESSAGE if failed else scope_of(code, status, name),
        status=status,
    )


def scope_of(code: int, status: str, name: str) -> Scope:
    """Return what a deferral is about.

    - A 421 before the dot closes the door on us, not on a message; so do replies about our login.
    - At MAIL no recipient was named yet. Unless it is about the sender's address, the relay is unwell.
    - At RCPT it is the recipient's host that cannot or will not now (greylisting, load), unless the status
      speaks of one address, mailbox, transaction or content. A bare 452 is "too many recipients" (RFC 5321
      §4.5.3.1.10) or one mailbox without room, so it is about this message too.
    - From DATA on the server has seen the message, so that is what it is about unless the status says
      otherwise. A bare 421 after the dot as well: a message that makes a server hang up must not hold up
      the rest, and a relay that is truly going down shows it at the next connect.
    """
    subject = status.split(".")[1] if status else ""
    if code in _ABOUT_OUR_LOGIN or (code == 421 and name != "dot"):
        return Scope.RELAY
    if name == "MAIL":
        return Scope.MESSAGE if subject in ("1", "2") else Scope.RELAY
    if name == "RCPT":
        about_one_mail = subject in _AFTER_RCPT_ABOUT_ONE_MAIL or (code == 452 and not status)
        return Scope.MESSAGE if about_one_mail or not is_sound(code) else Scope.DESTINATION
    return _AFTER_DATA.get(subject, Scope.MESSAGE)


def enhanced_status(code: int, reply: bytes) -> str:
    """Return the enhanced status code that the reply begins with, such as `4.2.2`, or nothing.

    One that contradicts the reply code's first digit is dropped: RFC 2034 §4 wants them equal, and the
    reply code is what decides.
    """
    found = _STATUS.match(reply)
    if found is None or found[1] != str(code)[:1].encode():
        return ""
    return found[0].decode("ascii")


def clean(reply: bytes | Exception) -> str:
    """Return a reply or error as one printable line of at most 300 characters, without a pay link's token."""
    if isinstance(reply, bytes):
        return one_line(reply.decode("utf-8", "replace"))
    return one_line(f"{type(reply).__name__}: {reply}")
