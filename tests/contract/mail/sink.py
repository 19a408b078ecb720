"""An SMTP server that fails on cue: a raw socket, so that no library softens what the client meets."""

import contextlib
import socket
import socketserver
import ssl
import threading
import time
from types import TracebackType
from typing import Self

DROP, GARBAGE, SILENCE, RESET = "drop", "garbage", "silence", "reset"
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
    """Started by `with`. `script` maps a phase to a reply or to a way of failing; `later` applies once."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, implicit: bool = False, **script: str) -> None:
        self.script = script
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
        self._server.shutdown()
        self._server.server_close()

    def answer(self, phase: str, argument: str = "") -> str:
        """Return what to say in a phase; `RCPT bad@x.example` beats `RCPT`."""
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
        connection, file = _say_or_fail(sink, connection, sink.answer(verb, argument), file)
        if verb == "DATA" and sink.answer("DATA").startswith("354"):
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
        if "body" in sink.script:
            _fail(connection, sink.script["body"])
    answer = sink.answer("dot")
    if answer.startswith("250") or sink.script.get("accepts"):
        sink.accepted.append(b"".join(body))
    return _say_or_fail(sink, connection, answer, file)


def _say_or_fail(
    sink: Sink, connection: socket.socket, answer: str, file: object = None
) -> tuple[socket.socket, object]:
    if answer in (DROP, RESET, SILENCE):
        _fail(connection, answer)
    if answer == GARBAGE:
        connection.sendall(b"\x00\xffhello there\r\n")
    else:
        connection.sendall(answer.encode() + b"\r\n")
    return connection, file or connection.makefile("rb")


def _fail(connection: socket.socket, way: str) -> None:
    if way == SILENCE:
        time.sleep(5)
    if way == RESET:
        # An RST instead of a FIN: zero seconds of linger.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()
        raise EOFError
    connection.shutdown(socket.SHUT_RDWR)
    raise EOFError
