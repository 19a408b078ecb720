"""The wheel has in it all that paymail needs: installed alone, in an empty folder, it sends an email."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import paymail
from paymail.cli.demo import two_free_ports
from paymail.mail import reader
from tests.conftest import ROOT, environment
from tests.journeys.conftest import wait_for

SOURCES = (
    "paymail",
    "docs",
    "email_templates",
    "migrations",
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
)
ALONE = ("--no-deps", "--no-index", "--disable-pip-version-check", "--quiet")
LEFTOVERS = shutil.ignore_patterns("__pycache__", "*.egg-info")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a wheel is built from, without what earlier builds have left."""
    folder = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=LEFTOVERS)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline as `make wheel` does."""
    folder = tmp_path_factory.mktemp("dist")
    pip("wheel", *ALONE, "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has paymail from the wheel, and the rest from this one."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    # A folder named by a .pth is searched last, and its own .pth files do not count: the editable paymail
    # of this environment is not found there.
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "tested.pth").write_text(sysconfig.get_path("purelib"))
    pip("--python", str(folder / "bin" / "python"), "install", *ALONE, str(wheel))
    return folder / "bin"


def pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def clean_environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing points at this checkout, nor at a data folder."""
    found = environment(folder)
    return {name: found[name] for name in found.keys() - {"PYTHONPATH", "PAYMAIL_DATA_DIR", "VIRTUAL_ENV"}}


@contextmanager
def up(program: Path, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `paymail up` in `folder`; ask it to stop at the end."""
    with (folder.parent / "up.out").open("wb") as out:
        process = subprocess.Popen(
            [str(program), "up", "--port", str(port)],
            cwd=folder,
            env=clean_environment(folder),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_wheel_has_every_file_of_the_package_and_of_the_folders_beside_it(
    source: Path, wheel: Path
) -> None:
    assert wheel.name == f"paymail-{paymail.__version__}-py3-none-any.whl"
    files = {file.relative_to(source) for file in source.rglob("*") if file.is_file()}
    wanted = {str(file) for file in files if file.parts[0] == "paymail"}
    beside = ("email_templates", "migrations")
    wanted |= {str(Path("paymail", file)) for file in files if file.parts[0] in beside}
    guide = (source / "paymail" / "web" / "help_pages.txt").read_text().split()
    wanted |= {f"paymail/docs/{name}" for name in guide}
    # What the build itself writes into the copied source.
    wanted = {name for name in wanted if "egg-info" not in name and "__pycache__" not in name}
    # Made from the fonts of the machine, where there are any (`paymail.render.typeface`).
    wanted = {name for name in wanted if not name.startswith("paymail/render/faces/")}
    found = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert found == wanted


def test_an_installed_wheel_says_its_version(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(installed / "paymail"), "--version"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == f"paymail {paymail.__version__}\n"


def invoice_emails(mailbox: Path) -> list[reader.Mail]:
    """Return those that carry an invoice, newest first; the sample has other emails too."""
    names = reader.list_names(mailbox) if mailbox.is_dir() else ()
    found = (reader.read(mailbox, name) for name in names)
    return [mail for mail in found if mail.subject.startswith("Invoice #")]


def test_an_installed_wheel_runs_in_an_empty_folder_and_delivers_the_first_email(
    installed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    asked = [str(installed / "python"), "-c", "import paymail; print(paymail.__file__)"]
    where = subprocess.check_output(asked, cwd=folder, env=clean_environment(folder), text=True)
    assert Path(where).is_relative_to(installed.parent), "the paymail of the wheel, not of the checkout"
    port = two_free_ports()
    mailbox = folder / ".paymail" / "mailbox"
    with up(installed / "paymail", folder, port) as process:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz"), process=process)
        wait_for(lambda: invoice_emails(mailbox), process=process)
        mail = invoice_emails(mailbox)[-1]
    assert process.returncode == 0, (tmp_path / "up.out").read_text()
    assert "Please find your invoice details below:" in mail.text
    assert "Please find your invoice details below:" in mail.html
    assert [attachment.content_type for attachment in mail.attachments] == ["application/pdf"]
    assert os.listdir(folder) == [".paymail"]
