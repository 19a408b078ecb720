"""An SMTP server that fails on cue: a raw socket, so that no library softens what the client meets."""

import contextlib
import os
import socket
import socketserver
import ssl
import threading
import time
from types import TracebackType
from typing import Self

DROP, GARBAGE, SILENCE, RESET, DRIBBLE = "drop", "garbage", "silence", "reset", "dribble"
_USUAL = {
    "greeting": "220 sink ESMTP",
    "EHLO": "250-sink\r\n250-8BITMIME\r\n250 SIZE 50000000",
    "HELO": "250 sink",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "dot": "250 queued as 42",
    "RSET": "250 ok",
    "QUIT": "221 bye",
    "NOOP": "250 ok",
    "AUTH": "235 welcome",
}


class Sink:
    """Started by `with`. `script` maps a phase to a reply or to a way of failing; `once` is used up first.

    `body` is what happens at the first line of the body, `idle` what follows the answer to the dot.
    `spoke` is set when either of them has happened.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, implicit: bool = False, **script: str) -> None:
        self.script = script
        self.once: dict[str, list[str]] = {}
        self.spoke = threading.Event()
        self.closing = threading.Event()
        self.accepted: list[bytes] = []
        self.commands: list[str] = []
        self.connections = 0
        self.tls = tls
        sink = self

        class Session(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                sink.connections += 1
                with contextlib.suppress(OSError, EOFError), contextlib.ExitStack() as open_sockets:
                    connection = self.request
                    # Else a second reply waits for the acknowledgement of the first.
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    if sink.tls is not None and implicit:
                        connection = open_sockets.enter_context(
                            sink.tls.wrap_socket(connection, server_side=True)
                        )
                    _converse(sink, connection, open_sockets)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Session)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, phase: str, argument: str = "") -> str:
        """Return what to say in a phase; `RCPT bad@x.example` beats `RCPT`."""
        if self.once.get(phase):
            return self.once[phase].pop(0)
        return self.script.get(f"{phase} {argument}", self.script.get(phase, _USUAL.get(phase, "500 what?")))


def _converse(sink: Sink, connection: socket.socket, open_sockets: contextlib.ExitStack) -> None:
    connection, file = _say_or_fail(sink, connection, sink.answer("greeting"))
    while True:
        line = file.readline()
        if not line:
            return
        command = line.decode("utf-8", "replace").strip()
        sink.commands.append(command)
        verb = command.split(" ", 1)[0].upper()
        if verb == "STARTTLS" and sink.tls is not None:
            connection.sendall(b"220 go ahead\r\n")
            connection = open_sockets.enter_context(sink.tls.wrap_socket(connection, server_side=True))
            file = connection.makefile("rb")
            continue
        argument = command.partition("<")[2].partition(">")[0] if verb == "RCPT" else ""
        answer = sink.answer(verb, argument)
        connection, file = _say_or_fail(sink, connection, answer, file)
        if verb == "DATA" and answer.startswith("354"):
            connection, file = _take_body(sink, connection, file)
        if verb == "QUIT":
            return


def _take_body(sink: Sink, connection: socket.socket, file: object) -> tuple[socket.socket, object]:
    body: list[bytes] = []
    while True:
        line: bytes = file.readline()  # type: ignore[attr-defined]
        if not line:
            raise EOFError
        if line == b".\r\n":
            break
        body.append(line.removeprefix(b"."))
        if "body" in sink.script and len(body) == 1:
            _interrupt(sink, connection, sink.script["body"])
    answer = sink.answer("dot")
    if answer.startswith("250") or sink.script.get("accepts"):
        sink.accepted.append(b"".join(body))
    connection, file = _say_or_fail(sink, connection, answer, file)
    if "idle" in sink.script:
        _interrupt(sink, connection, sink.script["idle"])
    return connection, file


def _interrupt(sink: Sink, connection: socket.socket, what: str) -> None:
    """Speak, or hang up, although nothing was asked; a 421 is followed by hanging up."""
    try:
        if what in (DROP, RESET, SILENCE):
            _fail(connection, what)
        connection.sendall(what.encode() + b"\r\n")
        if what.startswith("421"):
            _fail(connection, DROP)
    finally:
        sink.spoke.set()


def _say_or_fail(
    sink: Sink, connection: socket.socket, answer: str, file: object = None
) -> tuple[socket.socket, object]:
    if answer in (DROP, RESET, SILENCE):
        _fail(connection, answer)
    if answer == GARBAGE:
        connection.sendall(b"\x00\xffhello there\r\n")
    elif answer == DRIBBLE:
        for byte in b"250 " + b"." * 40 + b"\r\n":
            connection.sendall(bytes([byte]))
            sink.closing.wait(0.1)
    else:
        connection.sendall(answer.encode() + b"\r\n")
    return connection, file or connection.makefile("rb")


def _fail(connection: socket.socket, way: str) -> None:
    if way == SILENCE:
        time.sleep(5)
    if way == RESET:
        # An RST instead of a FIN: zero seconds of linger.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        os.close(connection.detach())  # close() would wait for the file made of the socket
        raise EOFError
    connection.shutdown(socket.SHUT_RDWR)
    raise EOFError
