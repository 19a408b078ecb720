"""Who may use the staff pages and the staff API. Secrets are kept as hashes only."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, status_type


class Role(StrEnum):
    """What a person may do; each may do what those before it may."""

    VIEWER = "viewer"
    """Look at invoices, emails and money, and export them."""
    BILLER = "biller"
    """Send, remind, hold, record payments, void, and change customers."""
    REFUNDER = "refunder"
    """Refund payments and write balances off."""
    ADMIN = "admin"
    """Change settings, people and keys."""


class StaffUser(Base):
    """A person of the billing staff; the password is an Argon2id hash, empty until they set one."""

    __tablename__ = "staff_users"

    user_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    """Of the app that shows the second factor, in Base32; empty: none is asked for."""
    totp_pending: Mapped[str | None] = mapped_column(String(64))
    """Of the app that is being enrolled."""
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    """The step of RFC 6238 whose code was accepted last: no code is accepted twice."""
    totp_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the second factor was set up."""
    totp_required: Mapped[bool] = mapped_column(default=False, server_default=false())
    """An admin requires a second factor: until it is set up, nothing else can be done."""


class StaffRole(Base):
    """A person's role: for one issuer, or for all of now and of later."""

    __tablename__ = "staff_roles"
    __table_args__ = (
        UniqueConstraint("user_id", "issuer_id", name="uq_staff_roles_issuer"),
        Index(
            "uq_staff_roles_everywhere",
            "user_id",
            unique=True,
            postgresql_where=text("issuer_id IS NULL"),
            sqlite_where=text("issuer_id IS NULL"),
        ),
    )

    role_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.user_id"))
    issuer_id: Mapped[int | None] = mapped_column(ForeignKey("issuers.issuer_id"))
    """Empty: every issuer."""
    role: Mapped[Role] = mapped_column(status_type(Role))


class StaffLink(Base):
    """A link by which a person sets their password, by the digest of its secret. It goes when it is used."""

    __tablename__ = "staff_links"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.user_id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(320))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StaffSession(Base):
    """A login. The cookie's secret is stored as SHA-256, so a leaked table opens nothing."""

    __tablename__ = "staff_sessions"

    secret_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.user_id"))
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    code_due: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The password was right, and the second factor is still asked for: it opens nothing yet."""


class RecoveryCode(Base):
    """A code that stands in for the second factor once, as a digest. It goes when it is used."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.user_id"), index=True)


class SavedView(Base):
    """A filter of invoices that a person gave a name."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user_id", "name", name="uq_saved_views_name"),)

    view_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_users.user_id"))
    name: Mapped[str] = mapped_column(String(40))
    query: Mapped[str] = mapped_column(Text)
    """The filter as text (`services/lists/invoice_filter.py`), with its order as `sort`."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiKey(Base):
    """A bearer key of the staff API: `pm_{prefix}_{secret}`, the secret kept as SHA-256."""

    __tablename__ = "api_keys"

    prefix: Mapped[str] = mapped_column(String(16), primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    scopes: Mapped[str] = mapped_column(String(120), default="read")
    """Space-separated: read, write, bounces."""
    issuer_id: Mapped[int | None] = mapped_column(BigId)
    """The only issuer that the key sees; empty: every one."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
