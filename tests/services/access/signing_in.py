"""A member of staff who signs in, for tests."""

from datetime import timedelta
from functools import partial

from sqlalchemy import Engine

from paymail import db
from paymail.services.access.logins import Login, LoginContext, log_in
from paymail.services.access.password_hasher import PasswordHasher
from tests.factories import NOW
from tests.hashers import quick_hasher

EMAIL = "amy@southern-it.example"
PASSWORD = "correct horse battery staple"


def login_context(engine: Engine, hasher: PasswordHasher | None = None) -> LoginContext:
    """Return what logging in is given, over a database."""
    return LoginContext(
        transaction=partial(db.transaction, engine),
        now=lambda: NOW,
        reading=partial(db.reading, engine),
        hasher=hasher or quick_hasher(),
    )


def sign_in(context: LoginContext, password: str = PASSWORD, email: str = EMAIL) -> Login:
    """Log in for an hour."""
    return log_in(context, email=email, password=password, lifetime=timedelta(hours=1))
