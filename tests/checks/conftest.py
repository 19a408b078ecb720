"""An installation to examine, and a DNS server on loopback that says what a test wants."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest

from paymail.checks import CHECKS, Finding, Subject, Verdict, examine
from paymail.settings import Settings
from paymail.wiring import App, build

__all__ = ["Zone"]


class Zone:
    """TXT records by name; a name without an entry does not exist. `silent` answers nothing at all."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.silent = False
        self.broken = False
        self.asked: list[str] = []
        zone = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                query = dns.message.from_wire(self.request[0])
                if not zone.silent:
                    self.request[1].sendto(zone.answer(query).to_wire(), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "Zone":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, query: dns.message.QueryMessage) -> dns.message.Message:
        reply = dns.message.make_response(query)
        name = query.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(name)
        if self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.texts:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif self.texts[name]:
            # Strings of 255 octets, as long keys come.
            quoted = [
                " ".join(f'"{text[i : i + 255]}"' for i in range(0, len(text), 255))
                for text in self.texts[name]
            ]
            reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", dns.rdatatype.TXT, *quoted))
        reply.flags |= dns.flags.RA
        return reply

    def resolver(self) -> dns.resolver.Resolver:
        """Return a resolver that asks this server only."""
        found = dns.resolver.Resolver(configure=False)
        found.nameservers = ["127.0.0.1"]
        found.port = int(self._server.server_address[1])
        return found


@pytest.fixture
def zone() -> Iterator[Zone]:
    with Zone() as found:
        yield found


@pytest.fixture
def opened() -> Iterator[Callable[..., App]]:
    """Make Apps that are closed at the end."""
    made: list[App] = []

    def make(settings: Settings, **changes: object) -> App:
        made.append(build(settings.model_copy(update=changes)))
        return made[-1]

    yield make
    for app in made:
        app.close()


@pytest.fixture
def embedded(sqlite_template: Path, tmp_path: Path) -> Settings:
    """Settings of an embedded installation without its services."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "paymail.db").write_bytes(sqlite_template.read_bytes())
    return Settings(data_dir=folder, sandbox_url="http://127.0.0.1:9", public_url="http://127.0.0.1:9")


def ask(app: App, *names: str, zone: Zone | None = None) -> list[Finding]:
    """Run the checks of these names, and only them."""
    wanted = [check for check in CHECKS if check.name in names]
    assert len(wanted) == len(names)
    alone = [type(check)(check.name, check.ask, (), check.seconds) for check in wanted]
    return examine(Subject(app, zone.resolver() if zone else None), alone)


def verdicts(found: list[Finding]) -> list[Verdict]:
    """Return the verdicts alone."""
    return [finding.verdict for finding in found]
