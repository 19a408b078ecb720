"""What Linux says of a process: memory, processor time, children, connections."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """Bytes of memory and seconds of processor time. PSS shares out the pages that several processes have."""

    rss: int
    pss: int
    cpu: float
    connections: int


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in family(int(child)))]


def usage(pid: int, port: int) -> Usage:
    """Return what a process uses now, and its connections to a port of this machine."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
    # After the name in brackets, which may hold blanks: fields 14 and 15 of proc(5) are its times.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / _TICK
    return Usage(sizes["Rss"], sizes["Pss"], cpu, len(_sockets(pid) & _connected(pid, port)))


def _sockets(pid: int) -> set[str]:
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = file.readlink().name
        except FileNotFoundError:
            continue  # closed meanwhile
        if target.startswith("socket:["):
            found.add(target.removeprefix("socket:[").removesuffix("]"))
    return found


def _connected(pid: int, port: int) -> set[str]:
    """Return the sockets that are connected to a port, by the number that their files have."""
    lines = (line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:])
    return {found[9] for found in lines if found[2].endswith(f":{port:04X}") and found[3] == "01"}
