"""What `paymail worker` runs, wired for fault tests: `python -m tests.faults.worker --pool threads`.

Tasks, sweep thread, claim, hand-over, SMTP and outcome are the production ones. Different are the writer
(no PDF engine, so that thousands of messages are cheap), the SMTP time-outs, the clock's pace, the failpoint,
and the gateway, to which no intent is ever paid: the worst that Stripe can say just before a payment.
"""

import argparse
import dataclasses
import os
import warnings

from celery.exceptions import SecurityWarning

from paymail import observability, settings
from paymail.mail.smtp import SmtpConfig, SmtpMailer
from paymail.ports.payments import IntentStatus
from paymail.settings import Settings
from paymail.tasks import register
from paymail.wiring import App, build, build_celery
from tests.factories import PlainWriter
from tests.faults import failpoints, pace
from tests.faults.failpoints import Failpoint
from tests.faults.truth import Truth

SMTP_TIMEOUT = 1.5
"""Seconds; to be shorter than any lease of these tests at their pace."""


def wire(found: Settings) -> App:
    """Return the App of a fault test's worker; a mailbox stays the production one."""
    app = build(found)
    return dataclasses.replace(
        app,
        writer=PlainWriter(),
        mailer=make_mailer(found.smtp_port) if found.mail_transport == "smtp" else app.mailer,
        gateway=Truth(lambda _number: IntentStatus.REQUIRES_PAYMENT_METHOD),
        now=pace.from_environment().now,
        failpoint=Failpoint(os.environ.get(failpoints.VARIABLE, "")),
    )


def make_mailer(port: int) -> SmtpMailer:
    """Return the production mailer with short patience."""
    patience = {f"timeout_{phase}": SMTP_TIMEOUT for phase in ("connect", "command", "final")}
    return SmtpMailer(SmtpConfig("127.0.0.1", port, "none", **patience))  # type: ignore[arg-type]


def work(pool: str, concurrency: int) -> None:
    """Work until killed or told to stop."""
    found = settings.load()
    observability.configure(found.log_level, as_json=False)
    celery = build_celery(found)
    register(celery, lambda: wire(found), prefork=pool == "prefork")
    warnings.simplefilter("ignore", SecurityWarning)
    celery.worker_main(
        [
            "--quiet",
            "worker",
            f"--pool={pool}",
            f"--concurrency={concurrency}",
            f"--loglevel={found.log_level}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
    )


def beat() -> None:
    """Ring the tick, as `paymail beat` does."""
    found = settings.load()
    observability.configure(found.log_level, as_json=False)
    build_celery(found).Beat(loglevel=found.log_level, scheduler="celery.beat:Scheduler", quiet=True).run()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", choices=["threads", "prefork"], default="threads")
    parser.add_argument("--concurrency", type=int, default=2)
    given = parser.parse_args()
    work(given.pool, given.concurrency)


if __name__ == "__main__":
    main()
