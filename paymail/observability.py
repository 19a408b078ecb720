"""Structured logs that cannot carry a secret.

Every line passes `scrub`: pay-link tokens, client secrets, keys, signatures and card numbers are
replaced before anything is written, whoever logged them, standard library loggers included.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRETS = re.compile(
    r"\b[0-9a-fA-F]{64}\b"  # pay-link tokens (and digests, which nobody needs in a log)
    r"|(?:pi|seti)_\w{1,100}?_secret_\w+"  # bounded: of `pi_pi_pi_…` each part could begin one
    r"|\b(?:sk|rk)_(?:test|live)_\w+|\bwhsec_\w+"
    r"|\bv1=[0-9a-f]{16,}"
    r"|pm_[0-9a-f]{12}_[\w-]+"  # API keys; Stripe's payment methods (pm_…) have no second part like it
    r"|(?<=/staff/password/)[\w.~%-]+"  # links by which a person of the staff sets a password
    r"|(?<=[Bb]earer )[\w.~+/=-]{12,}"
    r"|\b(?:\d[ -]?){13,19}\b"
)

_WORD = re.compile(r"\S+")

# Servers fold long lines anywhere: inside a token there may be white space, a quoted-printable soft break,
# and the enhanced status that a reply repeats on each line (RFC 2034 §4).
_FOLD = r"(?:=?\s+(?:[245]\.\d{1,3}\.\d{1,3}\s+)?)?"
_PAY_TOKEN = re.compile(
    rf"(?:[0-9a-f]{_FOLD}){{63}}[0-9a-f]"
    # Cut short by somebody's longest line, a token still is a token's larger part.
    rf"|(?<=/pay/)\s?(?:[0-9a-f]{_FOLD}){{19,62}}[0-9a-f]",
    re.ASCII | re.IGNORECASE,
)


def one_line(text: str, longest: int = 300) -> str:
    """Return what somebody else's server said as one printable line of `longest` characters at most.

    Pay-link tokens are replaced by `…`, folded ones too: spam filters like to quote the links they refuse.
    Lone surrogates, which no database stores, become spaces like all that is not printable.
    """
    printable = "".join(c if c.isprintable() else " " for c in text)
    return _PAY_TOKEN.sub("…", " ".join(printable.split()))[:longest]


def scrub(text: str) -> str:
    """Return `text` with everything that looks like a secret replaced by `[hidden]`."""
    return _SECRETS.sub("[hidden]", _WORD.sub(_without_credentials, text) if "://" in text else text)


def _without_credentials(word: re.Match[str]) -> str:
    """Hide what stands before the @ of an address. A password may contain / and @ that should be encoded,
    so all up to the last @ is taken for one: an email address in a query is hidden with it."""
    scheme, slashes, rest = word[0].partition("://")
    credentials, at, host = rest.rpartition("@")
    if not at or (":" not in credentials and "/" in credentials):
        return word[0]
    return f"{scheme}{slashes}[hidden]{at}{host}"


def _scrub_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = scrub(value)
        elif value is not None and not isinstance(value, (bool, int, float)):
            event[key] = scrub(str(value))
    return event


def configure(level: str, *, as_json: bool) -> None:
    """Send structlog and standard library logs, scrubbed, to stderr."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _scrub_event,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("weasyprint", "fontTools", "stripe", "celery", "uvicorn.error", "kombu", "alembic"):
        # One line per PDF step or HTTP request says nothing that our own lines do not.
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return log
