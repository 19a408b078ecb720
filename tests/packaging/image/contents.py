"""What is in the image, and what must not be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from paymail import __version__
from tests.packaging.image.rootfs import Image

# Programs that only a build needs.
COMPILERS = ("cc", "gcc", "g++", "make", "git", "initdb")
PRIVATE = (".env", "*.pem", "*.key", "id_rsa*", ".netrc", "auth.conf", ".git", "pip.conf", ".pypirc")
LEFTOVERS = ("var/lib/apt/lists/*", "var/cache/apt/*", "root/.cache", "tmp/*", "mnt/*", "build")


def faults(image: Image) -> Iterator[str]:
    """Say what is wrong with the image's files and its description of itself."""
    yield from _described_wrongly(image.config)
    packages = next((image.root / "opt/paymail/lib").glob("python3*/site-packages"))
    for file in _of_ours(image.root):
        if any(file.match(pattern) for pattern in PRIVATE) and "certifi" not in file.parts:
            yield f"private: {file}"
    for pattern in LEFTOVERS:
        yield from (f"left over: {file}" for file in image.root.glob(pattern))
    for program in COMPILERS:
        for folder in ("opt/paymail/bin", "usr/local/bin", "usr/bin"):
            if (image.root / folder / program).exists():
                yield f"a compiler: {program}"
    yield from (f"tests: {folder}" for folder in packages.rglob("tests") if folder.is_dir())
    yield from (
        f"needed by builds only: {name}" for name in ("pip", "setuptools") if (packages / name).exists()
    )
    if (image.root / "data").stat().st_uid != image.uid or list((image.root / "data").iterdir()):
        yield "/data does not belong to the user, or is not empty"
    yield from (
        f"writable: {f}" for f in packages.rglob("*.py") if f.stat().st_uid or f.stat().st_mode & 0o22
    )


def _described_wrongly(config: dict[str, Any]) -> Iterator[str]:
    expected = {
        "version": (config["Labels"].get("org.opencontainers.image.version"), __version__),
        "EXPOSE": (list(config["ExposedPorts"]), ["8025/tcp"]),
        "VOLUME": (list(config["Volumes"]), ["/data"]),
        "ENTRYPOINT": (config["Entrypoint"], ["tini", "--", "paymail"]),
        "HEALTHCHECK": (config["Healthcheck"]["Test"][0], "CMD"),
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            yield f"{name}: {found!r}, not {wanted!r}"
    yield from (f"of this machine: {pair}" for pair in config["Env"] if pair.startswith(("PIP_", "SSL_")))


def _of_ours(root: Path) -> Iterator[Path]:
    for folder in ("opt", "data", "home", "root", "srv", "mnt", "etc/apt"):
        yield from (root / folder).rglob("*")
