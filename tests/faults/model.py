"""What emails and payments may do, told a second time without a database.

The state machine test compares the services with it after every step. It knows one time-out, one back-off
and no SQL; claims are values with the fence that they were given.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

LEASE = timedelta(seconds=120)
TRIES, CRASHES = 4, 5
DEADLINE = timedelta(hours=48)
RECHECK = timedelta(hours=6)
"""How long a reminder waits while a payment clears."""
ENDED = {"sent", "failed", "cancelled", "suppressed", "unknown"}
CAME_TO_NOTHING = {"failed", "cancelled", "suppressed"}


@dataclass(slots=True)
class Bill:
    """An invoice. `truth` is what Stripe knows; `money` is what the books say."""

    void: bool = False
    money: str = "unpaid"
    truth: str = "open"

    @property
    def payable(self) -> bool:
        return not self.void and self.money == "unpaid"


@dataclass(slots=True)
class Mail:
    """A message."""

    kind: str
    bill: int
    due: datetime
    state: str = "scheduled"
    fence: int = 0
    tries: int = 0
    crashes: int = 0
    expires: datetime | None = None
    give_up: datetime | None = None
    written: bool = False
    handed: bool = False
    """Was at a hand-over before: its bytes stay as they are."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker holds."""

    mail: int
    fence: int
    tries: int
    crashes: int


@dataclass(slots=True)
class Model:
    """All bills and mails, and the time."""

    now: datetime
    bills: dict[int, Bill] = field(default_factory=dict)
    mails: dict[int, Mail] = field(default_factory=dict)

    def due(self) -> set[int]:
        return {number for number, mail in self.mails.items() if self._due(mail)}

    def _due(self, mail: Mail) -> bool:
        if mail.state == "scheduled":
            return mail.due <= self.now
        return mail.state == "sending" and mail.expires is not None and mail.expires < self.now

    def claim(self, number: int) -> Claim:
        mail = self.mails[number]
        mail.crashes += mail.state == "sending"
        mail.state, mail.expires = "sending", self.now + LEASE
        mail.fence += 1
        mail.tries += 1
        return Claim(number, mail.fence, mail.tries, mail.crashes)

    def holds(self, claim: Claim, *states: str) -> bool:
        """Whether a worker may still write, where its mail is in one of `states`."""
        mail = self.mails[claim.mail]
        return mail.fence == claim.fence and mail.state in states

    def way(self, claim: Claim) -> str:
        """Return go, wait or drop: what the standing of the bill asks for."""
        mail = self.mails[claim.mail]
        bill = self.bills[mail.bill]
        if mail.kind in ("receipt", "notice"):
            return "go"
        if bill.void or bill.money == "paid":
            return "drop"
        return "wait" if mail.kind == "reminder" and bill.money == "processing" else "go"

    def admit(self, claim: Claim) -> bool:
        """Act on `way`; True means go on."""
        way = self.way(claim)
        mail = self.mails[claim.mail]
        if way == "drop" and self.holds(claim, "scheduled", "sending"):
            mail.state = "suppressed"
        if way == "wait" and self.holds(claim, "sending"):
            mail.state, mail.due, mail.written = "scheduled", self.now + RECHECK, mail.handed
            # It waits for another reason than the mail server: the tries before are over and done with.
            mail.tries, mail.give_up = 0, None
        return way == "go"

    def hand_over(self, claim: Claim) -> bool:
        mail = self.mails[claim.mail]
        if not self.admit(claim) or not self.holds(claim, "sending"):
            return False
        if mail.expires is None or mail.expires <= self.now:
            return False
        mail.state, mail.expires, mail.handed = "handover", self.now + LEASE, True
        return True

    def finish(self, claim: Claim, verdict: str) -> None:
        """Move a mail on after a try; a deferred one is due at a time that the caller must read."""
        mail = self.mails[claim.mail]
        if verdict == "sent" and self.holds(claim, "handover", "unknown"):
            mail.state = "sent"
        if verdict == "unknown" and self.holds(claim, "handover"):
            mail.state = "unknown"
        # A refusal is proof, like an acceptance: the answer of a slow worker settles an unknown.
        if verdict == "failed" and self.holds(claim, "sending", "handover", "unknown"):
            mail.state = "failed"
        if verdict == "deferred" and self.holds(claim, "sending", "handover", "unknown"):
            mail.give_up = mail.give_up or self.now + DEADLINE
            over = claim.tries >= TRIES or self.now >= mail.give_up
            mail.state = "failed" if over else "scheduled"

    def pause_after(self, tries: int) -> tuple[timedelta, timedelta]:
        """Return the shortest and the longest back-off."""
        pause = min(timedelta(seconds=15) * 2 ** (tries - 1), timedelta(hours=1))
        return pause * 0.8, pause * 1.2

    def rescue(self) -> None:
        for mail in self.mails.values():
            if mail.state == "handover" and mail.expires is not None and mail.expires < self.now:
                mail.state = "unknown"

    def withdraw(self, number: int) -> bool:
        """Cancel; False when it is too late, or for staff to know."""
        mail = self.mails[number]
        if mail.kind == "notice" or mail.state not in ("scheduled", "sending"):
            return False
        mail.state, mail.fence = "cancelled", mail.fence + 1
        return True

    def move_to(self, number: int, at: datetime) -> bool:
        """Reschedule; False when it is too late, or for staff to know."""
        mail = self.mails[number]
        if mail.kind == "notice" or mail.state not in ("scheduled", "sending"):
            return False
        mail.state, mail.fence, mail.due = "scheduled", mail.fence + 1, at
        mail.written, mail.give_up = mail.handed, None
        return True

    def invoice_email(self, bill: int) -> str:
        """Return what comes of asking for the invoice email."""
        if self.bills[bill].void or self.bills[bill].money == "paid":
            return "refused"
        ours = [n for n, mail in self.mails.items() if (mail.kind, mail.bill) == ("invoice", bill)]
        came_to_nothing = not ours or self.mails[max(ours)].state in CAME_TO_NOTHING
        return "new" if came_to_nothing else "the one there is"

    def reminders(self, bill: int, *states: str) -> list[Mail]:
        chosen = (m for m in self.mails.values() if m.bill == bill and m.kind == "reminder")
        return [mail for mail in chosen if mail.state in states]

    def drop_reminders(self, bill: int) -> None:
        for mail in self.reminders(bill, "scheduled", "sending"):
            mail.state, mail.fence = "suppressed", mail.fence + 1

    def write_afresh(self, bill: int) -> None:
        """Take what is not handed over from its worker: what it says of money is not so any more."""
        for mail in self.mails.values():
            if mail.bill == bill and mail.kind != "notice" and mail.state in ("scheduled", "sending"):
                mail.state, mail.fence, mail.expires = "scheduled", mail.fence + 1, None
                mail.written = mail.handed

    def settle(self, number: int) -> bool:
        """Bring the books to the truth; True when a payment was recorded by it."""
        bill = self.bills[number]
        if bill.money == "paid":
            return False
        if bill.truth != "open" or bill.money == "processing":
            self.write_afresh(number)
        if bill.truth == "succeeded":
            bill.money = "paid"
            self.drop_reminders(number)
            return True
        bill.money = "processing" if bill.truth == "processing" else "unpaid"
        return False
