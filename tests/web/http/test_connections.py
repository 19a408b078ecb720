"""Slow clients are left, and there are only so many of them."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from paymail.settings import Settings
from paymail.web.http.connections import Connection, bound_connections, server_options
from tests.conftest import free_port, wait_for_port

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server that answers at once, whatever the body, and lets three clients in."""
    found = free_port()
    bounds = Settings(header_seconds=0.5, keep_alive_seconds=1, max_connections=4)
    monkeypatch.setattr(Connection, "header_seconds", 0.5)
    bound_connections(bounds)
    options = server_options(bounds)
    server = uvicorn.Server(
        uvicorn.Config(PlainTextResponse("ok"), port=found, log_config=None, lifespan="off", **options)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for_port(found)
    yield found
    server.should_exit = True
    thread.join(10)


def left_after(port: int, first: bytes, drop: bytes) -> float:
    """Send `first`, and then `drop` by `drop`; return after how many seconds the server has closed."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=0.05) as client:
        client.sendall(first)
        while time.monotonic() - begun < 20:
            try:
                if drop:
                    client.sendall(drop)
                if client.recv(4096) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
    return time.monotonic() - begun


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"a"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET / HTTP/1.1\r\nX-Slow: ", b"a"),
        (HEAD, b"x"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b""),
    ],
    ids=["silent", "half a head", "a trickled head", "a trickled second head", "a trickled body", "idle"],
)
def test_a_slow_client_is_left(port: int, first: bytes, drop: bytes) -> None:
    assert left_after(port, first, drop) < 15


def test_a_head_without_end_is_refused(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 100_000)
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_more_connections_than_allowed_are_told_so(port: int) -> None:
    ask = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(5)]
    try:
        clients[-1].sendall(ask)
        assert clients[-1].recv(100).startswith(b"HTTP/1.1 503 ")
    finally:
        for client in clients:
            client.close()
