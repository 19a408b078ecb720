"""The embedded broker's files: every message once, none half, none that can stop a reader."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection
from kombu.transport import filesystem

from paymail.queue import embedded_broker

WRITERS, READERS, EACH = 4, 4, 150

BIND = """
import sys
from kombu import Connection, Exchange, Queue
from paymail.queue import embedded_broker as bus
folder, name = sys.argv[1:]
options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder}
with Connection(bus.URL, transport_options=options) as connection:
    exchange = Exchange("shared")
    for key in (f"{name}{n}" for n in range(25)):
        Queue(key, exchange, routing_key=key, channel=connection.channel()).declare()
"""


def connect(folder: Path) -> Connection:
    options = {name: str(folder) for name in ("data_folder_in", "data_folder_out", "control_folder")}
    return Connection(embedded_broker.URL, transport_options=options)


def test_a_worker_listens_in_short_turns_so_that_it_hears_when_it_is_told_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listened = []
    monkeypatch.setattr(
        filesystem.Transport, "drain_events", lambda _self, _connection, timeout: listened.append(timeout)
    )
    with connect(tmp_path) as connection:
        for wanted in (None, 2.0, 0.1):
            connection.transport.drain_events(connection, timeout=wanted)
    assert listened == [embedded_broker.LISTEN, embedded_broker.LISTEN, 0.1]


def test_each_message_reaches_one_of_many_readers_whole(tmp_path: Path) -> None:
    channel = connect(tmp_path).channel()

    def write(writer: int) -> None:
        for n in range(EACH):
            channel._put("paymail", {"n": writer * EACH + n, "filling": "x" * 20_000})

    def read() -> list[int]:
        read, idle = [], 0
        while idle < 500 and len(read) < WRITERS * EACH:
            try:
                message = channel._get("paymail")
            except Empty:
                idle += 1
                continue
            idle = 0
            assert len(message["filling"]) == 20_000
            read.append(message["n"])
        return read

    with ThreadPoolExecutor(WRITERS + READERS) as pool:
        readers = [pool.submit(read) for _ in range(READERS)]
        list(pool.map(write, range(WRITERS)))
        received = [n for reader in readers for n in reader.result()]
    while True:
        try:
            received.append(channel._get("paymail")["n"])
        except Empty:
            break
    assert sorted(received) == list(range(WRITERS * EACH))
    assert not list(tmp_path.glob("*.msg*")) + list(tmp_path.glob("*.taken"))


@pytest.mark.parametrize("left", [b"", b'{"bo', b"\xff\xfe\x00"])
def test_a_file_that_is_no_message_is_passed_over(tmp_path: Path, left: bytes) -> None:
    channel = connect(tmp_path).channel()
    (tmp_path / "0.paymail.msg").write_bytes(left)
    channel._put("paymail", {"n": 1})
    assert channel._get("paymail") == {"n": 1}
    with pytest.raises(Empty):
        channel._get("paymail")


def test_a_message_being_written_is_not_yet_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = connect(tmp_path).channel()
    seen: list[str] = []

    def full(aside: Path, file: Path) -> None:
        with pytest.raises(Empty):
            channel._get("paymail")
        seen.append(aside.name)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(embedded_broker.os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        channel._put("paymail", {"n": 1})
    assert seen
    assert not list(tmp_path.iterdir())


def test_processes_that_bind_at_once_keep_each_others_bindings(tmp_path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", BIND, str(tmp_path), name], text=True) for name in "abc"
    ]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    bound = {entry.queue for entry in connect(tmp_path).channel().get_table("shared")}
    assert bound == {f"{name}{n}" for name in "abc" for n in range(25)}
