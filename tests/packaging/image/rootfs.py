"""Programs in the image's files, kept apart as in a container, but for the network and resource limits."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

# Process 1 of its own process, mount and host name spaces; the image is read-only, but for what is mounted.
_ENTER = r"""
set -e
hostname "$1"; root=$2; uid=$3; shift 3
mount --bind "$root" "$root"
while [ "$1" != -- ]; do
  [ -e "$root$2" ] || mkdir -p "$root$2"; mount --bind "$1" "$root$2"; shift 2
done; shift
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mount -o remount,bind,ro "$root"
exec chroot "$root" setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs \
  --bounding-set=-all --inh-caps=-all env -i "$@"
"""


@dataclass
class Container:
    """A running service."""

    name: str
    process: subprocess.Popen[bytes]
    environment: list[str]
    uid: int
    log: IO[bytes] = field(repr=False)

    @property
    def first(self) -> int:
        """The number, here, of what is process 1 inside."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[0])

    def execute(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command beside the service, as `docker exec` and health checks do."""
        enter = ["nsenter", "--target", str(self.first), "--mount", "--uts", "--pid", "--root", "--wd"]
        user = ["--setuid", str(self.uid), "--setgid", str(self.uid)]
        return subprocess.run(
            [*enter, *user, "env", "-i", *self.environment, *command],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def kill(self) -> None:
        """Kill it with all it has started: the name space ends with its first process."""
        if self.process.poll() is None:
            os.kill(self.first, signal.SIGKILL)
            self.process.wait(10)

    def stop(self) -> tuple[int, float]:
        """Stop it as `docker stop` does; return the exit code and the seconds it took."""
        started = time.monotonic()
        os.kill(self.first, signal.SIGTERM)
        return self.process.wait(120), time.monotonic() - started


@dataclass(frozen=True)
class Image:
    """The files of an image, mounted somewhere, and what it says about itself."""

    root: Path
    config: dict[str, Any]
    folder: Path

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        volumes: Mapping[str, Path] | None = None,
    ) -> Container:
        """Start a service under the image's entrypoint and user."""
        variables = [*self.config["Env"], *(f"{k}={v}" for k, v in (environment or {}).items())]
        home = "HOME=" + self._passwd()[5]
        mounts = [text for inside, outside in (volumes or {}).items() for text in (str(outside), inside)]
        enter = ["unshare", "--mount", "--uts", "--pid", "--fork", "bash", "-c", _ENTER]
        arguments = [name, str(self.root), str(self.uid), *mounts, "--", home, *variables]
        log = (self.folder / f"{name}.log").open("wb")
        process = subprocess.Popen(
            [*enter, "enter", *arguments, *self.config["Entrypoint"], *command],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        return Container(name, process, [home, *variables], self.uid, log)

    @property
    def uid(self) -> int:
        """The number of the user that everything runs as."""
        return int(self._passwd()[2])

    def _passwd(self) -> list[str]:
        lines = (self.root / "etc" / "passwd").read_text().splitlines()
        return next(line.split(":") for line in lines if line.split(":")[0] == self.config["User"])


def described(buildah: Sequence[str], name: str) -> dict[str, Any]:
    """Return the configuration of an image, as Docker keeps it."""
    done = subprocess.run([*buildah, "inspect", "--type", "image", name], check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout)["Docker"]["config"]
    return found
