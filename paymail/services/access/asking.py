"""Who asks for something: filled in once it is known, and read by every transaction of the request."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from paymail.services.access.visible import Scope, restrict


@dataclass(slots=True)
class Asking:
    """One request, of a person or a program; of the application itself where nothing is filled in."""

    scope: Scope | None = None
    """What they may see; None: everything."""

    def begin(self, session: Session) -> Session:
        """Return a session that has just begun, as whoever asks sees the database."""
        if self.scope is not None:
            restrict(session, self.scope)
        return session
