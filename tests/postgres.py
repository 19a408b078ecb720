"""A private PostgreSQL cluster: own port, own folder. Run as `postgres` where we are root."""

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg


class Cluster:
    """Started by `with`, removed at its end. Tests do without fsync; benchmarks measure with it."""

    def __init__(self, port: int, *, fsync: bool = False) -> None:
        self._port = port
        self._fsync = "on" if fsync else "off"
        self._folder = Path(tempfile.mkdtemp(prefix="paymail-pg-"))
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")) or [shutil.which("initdb") or ""]
        self._bin = Path(found[-1]).parent
        self._user = "postgres" if os.geteuid() == 0 else None

    def __enter__(self) -> Self:
        if self._user:
            shutil.chown(self._folder, self._user)
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1"
        # Commit times are the fault suite's independent witness of what came first.
        options += f" -c fsync={self._fsync} -c track_commit_timestamp=on"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-o", options, "-l", log, "-w", "start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def create(self, name: str, template: str = "template1") -> str:
        """Create a database and return its SQLAlchemy URL."""
        # Twice as fast as through the log, which is the default.
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/{name}"

    def require_password(self, user: str, password: str) -> None:
        """Make a user with a database of the same name, who is let in by the password only."""
        literal = password.replace("'", "''")
        self._execute(f"CREATE USER {user} PASSWORD '{literal}'")
        self._execute(f"CREATE DATABASE {user} OWNER {user}")
        rules = self._data / "pg_hba.conf"
        rules.write_text(f"host all {user} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        self._run("pg_ctl", "-D", str(self._data), "reload")

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def dump(self, name: str) -> str:
        """Back a database up with pg_dump; return the file, which is gone with the cluster."""
        file = str(self._folder / f"{name}.dump")
        self._run("pg_dump", *self._address, "-Fc", "-f", file, name)
        return file

    def restore(self, name: str, file: str) -> None:
        """Replace a database by a backup of it, whoever is connected."""
        self.drop(name)
        self._execute(f"CREATE DATABASE {name} TEMPLATE template0")
        self._run("pg_restore", *self._address, "-d", name, file)

    @property
    def _address(self) -> tuple[str, ...]:
        return ("-h", "127.0.0.1", "-p", str(self._port), "-U", "postgres")

    def restart_at_once(self) -> None:
        """Kill every server process, as a crash would, and recover; connections are lost."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "restart")

    def stop(self) -> None:
        """Stop the server, as for an upgrade: whoever asks it is refused until `start`."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-w", "stop")

    def start(self) -> None:
        """Start it again, with the options of the first start."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "restart")

    @contextmanager
    def standby(self, port: int) -> Iterator[str]:
        """Lend a replica that can be read, by its address without a database."""
        data = str(self._folder / f"standby-{port}")
        self._run(
            "pg_basebackup", *self._address, "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync"
        )
        options = f"-p {port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "-D", data, "-o", options, "-l", f"{data}.log", "-w", "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}"
        finally:
            self._run("pg_ctl", "-D", data, "-m", "immediate", "stop")

    def drop_connections(self) -> None:
        """Terminate every client's server process."""
        self._execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )

    def _execute(self, statement: str) -> None:
        address = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        # To a file: a server that inherited a pipe would keep it open for ever.
        with (self._folder / f"{program}.out").open("ab") as out:
            subprocess.run(
                [str(self._bin / program), *arguments],
                check=True,
                user=self._user,
                stdout=out,
                stderr=out,
                cwd="/",
            )
