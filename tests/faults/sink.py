"""An SMTP server of its own process that fails on cue and keeps books of what it was handed.

`python -m tests.faults.sink --port 2525 --log events.jsonl --orders orders.json --seed 7`. Every line of the
log is on the disk before the reply that it tells of, so the log knows whatever any client was told.
A raw socket server, so that no library softens what the client meets.
"""

import argparse
import contextlib
import hashlib
import re
import socket
import socketserver
import time
from pathlib import Path

from tests.faults.journal import Journal
from tests.faults.modes import DOUBTFUL, Chooser, Mode, Quit

_NO_LINGER = b"\x01\x00\x00\x00\x00\x00\x00\x00"
_EARLY: dict[str, dict[Mode, str]] = {
    "RCPT": {Mode.RCPT_REJECT: "550 5.1.1 no such user", Mode.RCPT_DEFER: "450 4.2.1 mailbox busy"},
    "DATA": {Mode.DATA_REJECT: "554 5.7.1 no", Mode.DATA_DEFER: "451 4.3.0 not now"},
}
_DROPS = {"RCPT": Mode.RCPT_DROP, "DATA": Mode.DATA_DROP}
_LATE = {
    Mode.DOT_DEFER: "451 4.3.0 try again",
    Mode.DOT_REJECT: "554 5.6.0 not this one",
    Mode.DOT_421: "421 4.3.2 going down",
}


class _Gone(Exception):
    """The connection ends here."""


class Conversation(socketserver.BaseRequestHandler):
    """One connection of a client."""

    server: "SinkServer"

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.request.makefile("rb")
        self.mode, self.recipient = Mode.OK, ""
        with contextlib.suppress(OSError, _Gone):
            self._say("220 sink ESMTP")
            while line := self.file.readline():
                self._obey(line.decode("utf-8", "replace").strip())

    def _obey(self, command: str) -> None:
        verb = command.split(" ", 1)[0].upper()
        if verb == "EHLO":
            self._say("250-sink\r\n250-8BITMIME\r\n250 SIZE 50000000")
        elif verb == "MAIL":
            self.mode = self.server.chooser.mode()
            self._say("250 ok")
        elif verb == "RCPT":
            self.recipient = command.partition("<")[2].partition(">")[0]
            self._early("RCPT", "250 ok")
        elif verb == "DATA":
            self._early("DATA", "354 go on")
            if self.mode not in _EARLY["DATA"]:
                self._body()
        elif verb == "QUIT":
            self._quit()
        else:
            self._say("250 ok" if verb in ("HELO", "RSET", "NOOP") else "500 what?")

    def _early(self, phase: str, usual: str) -> None:
        if self.mode is _DROPS[phase]:
            self._note(phase, "")
            self._close()
        reply = _EARLY[phase].get(self.mode, usual)
        if reply != usual:
            self._note(phase, reply)
        self._say(reply)

    def _body(self) -> None:
        lines: list[bytes] = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise _Gone
            lines.append(line.removeprefix(b"."))
            if self.mode is Mode.BODY_DROP:
                self._note("body", "")
                self._close()
        self._dot(b"".join(lines))

    def _dot(self, mime: bytes) -> None:
        chooser = self.server.chooser
        reply = _LATE.get(self.mode, "" if self.mode in DOUBTFUL else "250 2.0.0 accepted")
        accepted = chooser.coin() if self.mode in DOUBTFUL else reply.startswith("250")
        self._note("dot", reply, accepted, mime)
        if self.mode is Mode.DOT_RESET:
            # An RST instead of a FIN: zero seconds of linger. The reader holds the socket open too.
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self.file.close()
            self.request.close()
            raise _Gone
        if self.mode is Mode.DOT_CLOSE:
            self._close()
        if self.mode in (Mode.DOT_SILENT, Mode.DOT_SLOW):
            time.sleep(chooser.seconds("silent" if self.mode is Mode.DOT_SILENT else "slow"))
        if self.mode is Mode.DOT_SILENT:
            self._close()
        self._say("\x00\xffhello there" if self.mode is Mode.DOT_GARBAGE else reply)
        if self.mode is Mode.DOT_421:
            self._close()

    def _quit(self) -> None:
        how = self.server.chooser.quit()
        self._note("QUIT", how)
        if how is Quit.HANG:
            time.sleep(self.server.chooser.seconds("silent"))
            self._close()
        self._say("421 4.3.2 no time" if how is Quit.REFUSED else "221 bye")
        self._close()

    def _note(self, phase: str, reply: str, accepted: bool = False, mime: bytes = b"") -> None:
        found = re.search(rb"(?im)^message-id:\s*(<[^>\r\n]*>)", mime)
        self.server.journal.write(
            message_id=found[1].decode() if found else "",
            recipient=self.recipient,
            phase=phase,
            mode=self.mode,
            reply=reply[:3],
            accepted=accepted,
            sha256=hashlib.sha256(mime).hexdigest() if mime else "",
        )

    def _say(self, reply: str) -> None:
        self.request.sendall(reply.encode("latin-1") + b"\r\n")

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            self.request.shutdown(socket.SHUT_RDWR)
        raise _Gone


class SinkServer(socketserver.ThreadingTCPServer):
    """Listens on loopback only."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, journal: Journal, chooser: Chooser) -> None:
        self.journal, self.chooser = journal, chooser
        super().__init__(("127.0.0.1", port), Conversation)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--orders", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with SinkServer(given.port, Journal(given.log), Chooser(given.orders, given.seed)) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
