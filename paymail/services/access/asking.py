"""Who asks for something: filled in once it is known, and read by every transaction of the request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.services.access import audit
from paymail.services.access.audit import Door
from paymail.services.access.visible import Scope, restrict


@dataclass(slots=True)
class Asking:
    """One request, of a person or a program; of the application itself where nothing is filled in."""

    scope: Scope | None = None
    """What they may see; None: everything."""
    who: str = ""
    """As the audit log names them. Empty: nobody in particular, and what is done is no act of a person."""
    actors: frozenset[str] = frozenset()
    """As histories name them."""
    door: Door = Door.PAGE
    act: str = ""
    object: str = ""
    recorded: bool = False
    """Whether the log says already that they did it: a request may have several transactions. Set by who
    commits them, since what was rolled back is not in the log."""

    def begin(self, session: Session) -> Session:
        """Return a session that has just begun, as whoever asks sees the database."""
        if self.scope is not None:
            restrict(session, self.scope)
        return session

    def watch(self, session: Session) -> Session:
        """Return a session that has just begun and may write, with an eye on whether it does."""
        if self.who:
            audit.watch(session, self.actors)
        return self.begin(session)

    def finish(self, session: Session, now: Callable[[], datetime]) -> bool:
        """Add to the audit log, in the same transaction, what was done in it; return whether it was any."""
        if not self.who:
            return False
        acts = audit.acts_of(session)
        if acts is None or (self.recorded and not acts):
            return False
        done = acts or [audit.Done(self.act, self.object)]
        audit.record(session, who=self.who, door=self.door, done=done, now=now())
        return True
