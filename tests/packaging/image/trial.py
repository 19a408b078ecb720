"""`make image` ends with this: it runs docker-compose.yml with the image that was built, without Docker.

The services run as the file says, with the variables of .env.dev.example: migrate, web, worker and beat,
beside a PostgreSQL that wants a password, a Redis, an SMTP server and the sandbox. An email goes out, and its
invoice is paid. Run it as root in a network name space of its own (`unshare --net`): it uses fixed ports.
"""

import email
import email.message
import json
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.conftest import ROOT, SAMPLE, wait_for_port
from tests.packaging.image import contents
from tests.packaging.image.compose import Service, services
from tests.packaging.image.rootfs import Container, Image, described
from tests.postgres import Cluster

PASSWORD_IS_IN = ROOT / ".env.dev.example"
HOSTS = "127.0.0.1 localhost postgres redis mailpit web\n"
DKIM = {"DOMAIN": "acme.example", "SELECTOR": "paymail", "KEY_FILE": "/secrets/dkim.pem"}
NOT_PROVEN = """
Not proven by this: that the official base image behaves like the one made here, a pull from a registry,
Docker Engine and Docker Compose themselves, and the images of postgres, redis, caddy and mailpit."""


class Inbox:
    """An SMTP server's memory."""

    def __init__(self) -> None:
        self.messages: list[email.message.Message] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep a message."""
        self.messages.append(email.message_from_bytes(envelope.content))
        return "250 kept"


class Trial:
    """The services of the Compose file, from one image."""

    def __init__(self, image: Image, folder: Path, stack: ExitStack) -> None:
        self.image = image
        self.folder = folder
        self.stack = stack
        self.compose = services(PASSWORD_IS_IN)
        self.running: dict[str, Container] = {}
        self.volumes = self._volumes()
        self.inbox = Inbox()

    def _volumes(self) -> dict[str, Path]:
        hosts = self.folder / "hosts"
        hosts.write_text(HOSTS)
        volumes = {"/etc/hosts": hosts}
        for inside in self.compose["web"].volumes:
            outside = self.folder / inside.strip("/")
            outside.mkdir(mode=0o700)
            volumes[inside] = outside
        key = rsa.generate_private_key(65537, 2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        (volumes["/secrets"] / "dkim.pem").write_bytes(pem)
        (volumes["/secrets"] / "dkim.pem").chmod(0o600)
        subprocess.run(["chown", "-R", f"{self.image.uid}", *volumes.values()], check=True)
        return volumes

    def start_neighbours(self) -> None:
        """Start what the file takes from other images."""
        cluster = self.stack.enter_context(Cluster(5432))
        wanted = self.compose["postgres"].environment
        cluster.require_password(wanted["POSTGRES_USER"], wanted["POSTGRES_PASSWORD"])
        redis = subprocess.Popen([*self.compose["redis"].command, "--dir", str(self.folder)], stdout=-3)
        self.stack.callback(redis.terminate)
        wait_for_port(6379)
        smtp = Controller(self.inbox, hostname="127.0.0.1", port=1025)
        smtp.start()
        self.stack.callback(smtp.stop)

    def start(self, name: str, service: Service | None = None) -> Container:
        """Start a service of the file; the sandbox is not in it."""
        found = service or self.compose[name]
        dkim = {f"PAYMAIL_DKIM_{part}": value for part, value in DKIM.items()}
        started = self.image.start(name, found.command, {**found.environment, **dkim}, self.volumes)
        self.running[name] = started
        return started

    def paymail(self, command: str) -> str:
        """Run a command as `docker compose exec web paymail …` does; return what it printed."""
        done = self.running["web"].execute(["paymail", *shlex.split(command)])
        if done.returncode:
            raise AssertionError(f"paymail {command}: {done.stdout}{done.stderr}")
        return done.stdout

    def healthy(self, name: str) -> bool:
        """Whether the service's own health check passes; raises AssertionError when the service has ended."""
        code = self.running[name].process.poll()
        assert code is None, f"{name} has ended with {code}"
        test = self.compose[name].healthcheck
        return self.running[name].execute(test).returncode == 0


def until(reached: Callable[[], bool], what: str, seconds: float = 600) -> None:
    """Wait for a condition; raises AssertionError when it takes too long."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:.0f} s")
        time.sleep(1)


def say(what: str, result: object) -> None:
    """Print a line of the report."""
    print(f"{what:<34}{result}", flush=True)


def try_contents(image: Image) -> None:
    """Look at the files, and at who runs in them."""
    found = list(contents.faults(image))
    assert not found, "\n".join(found)
    say("contents", "no secret, cache, test, compiler or pip; labels and version")
    version = image.start("version", ["--version"])
    assert version.process.wait(60) == 0
    say("paymail --version", (image.folder / "version.log").read_text().strip())
    assert image.uid == 999
    say(
        "runs as", f"{image.config['User']}, uid {image.uid}; nothing but the volumes and /tmp can be written"
    )


def try_services(trial: Trial) -> None:
    """Bring everything up, in the order of the file, and ask each health check."""
    trial.start_neighbours()
    migrate = trial.start("migrate")
    assert migrate.process.wait(120) == 0, (trial.folder / "migrate.log").read_text()
    say("migrate", "done, with a password of " + trial.compose["postgres"].environment["POSTGRES_PASSWORD"])
    web = trial.compose["web"]
    serve = Service("sandbox", ["sandbox", "serve"], web.environment, web.volumes, [])
    trial.start("sandbox", serve)
    for name in ("web", "worker", "beat"):
        trial.start(name)
    for name in ("web", "worker"):
        until(lambda name=name: trial.healthy(name), f"health check of {name}")  # type: ignore[misc]
        say(f"health check of {name}", "passes")
    answer = trial.running["web"].execute(trial.image.config["Healthcheck"]["Test"][1:])
    assert answer.returncode == 0, answer.stderr
    say("HEALTHCHECK of the image", "passes: /readyz is 200")


def try_an_invoice(trial: Trial) -> None:
    """Send an invoice by email and pay it."""
    trial.paymail(
        "issuers add 'Acme Pty Ltd' billing@acme.example --stripe-account acct_sandbox"
        " --tax-id '51 824 753 556'"
    )
    header, *rows = SAMPLE.read_text().splitlines()
    export = "\n".join([header, *(row for row in rows if row.startswith("502,"))])
    (trial.volumes["/data"] / "export.csv").write_text(export)
    trial.paymail("import /data/export.csv")
    trial.paymail("invoices send 502")
    until(lambda: len(trial.inbox.messages) >= 1, "the invoice email")
    sent = trial.inbox.messages[0]
    assert "DKIM-Signature" in sent
    say("email delivered", f"{sent['Subject']}, PDF of {len(attached_pdf(sent)) // 1024} kB, DKIM-signed")
    shown = json.loads(trial.paymail("invoices show 502 --json"))
    token = shown["payment_url"].rpartition("/")[2].partition("?")[0]
    api = f"http://127.0.0.1:8025/api/public/pay/{token}"
    secret = post(f"{api}/create-payment", {})["clientSecret"]
    paid = json.loads(trial.paymail(f"sandbox pay {secret}"))
    say("payment", post(f"{api}/confirm-payment", {"paymentIntentId": paid["id"]})["message"])
    until(lambda: len(trial.inbox.messages) >= 2, "the receipt")
    say("receipt delivered", trial.inbox.messages[1]["Subject"])
    status = json.loads(trial.paymail("invoices show 502 --json"))["payment_status"]
    assert status == "paid"
    assert len(trial.inbox.messages) == 2


def attached_pdf(message: email.message.Message) -> bytes:
    """Return the PDF of an email."""
    parts = [part for part in message.walk() if part.get_content_type() == "application/pdf"]
    found = parts[0].get_payload(decode=True)
    assert isinstance(found, bytes)
    assert found.startswith(b"%PDF-")
    return found


def post(url: str, body: dict[str, object]) -> dict[str, Any]:
    """Return the JSON answer."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def main(root: str, *buildah: str) -> None:
    """Try the image whose files are mounted at `root`."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="paymail-image-")))
        folder.chmod(0o755)
        image = Image(Path(root), described(buildah, "localhost/paymail"), folder)
        try_contents(image)
        trial = Trial(image, folder, stack)
        stack.callback(lambda: [started.kill() for started in trial.running.values()])
        try:
            try_services(trial)
            try_an_invoice(trial)
            for name in ("beat", "worker", "web", "sandbox"):
                code, seconds = trial.running[name].stop()
                say(f"SIGTERM to {name}", f"ends with {code} after {seconds:.1f} s")
                assert code in (0, 143), name
        except AssertionError:
            for log in sorted(folder.glob("*.log")):
                print(f"== {log.name}\n{log.read_text()[-3000:]}", file=sys.stderr)
            raise
    print(NOT_PROVEN)


if __name__ == "__main__":
    main(*sys.argv[1:])
