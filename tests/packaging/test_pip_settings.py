"""`make image` lends the build the way to the package index, and nothing of this machine's disk."""

import configparser
from pathlib import Path

import pytest

from deploy.pip_settings import lend, pip_options


def lent(folder: Path) -> dict[str, str]:
    config = configparser.RawConfigParser()
    config.read(folder / "pip.conf")
    return dict(config["global"])


def test_addresses_are_lent_and_folders_of_this_machine_are_not(tmp_path: Path) -> None:
    lend(
        {"index-url": "https://index.example/simple", "extra-index-url": "file:///srv/a https://b.example"},
        tmp_path,
    )
    assert lent(tmp_path) == {
        "index-url": "https://index.example/simple",
        "extra-index-url": "https://b.example",
    }


def test_certificates_are_copied_and_named_as_the_build_sees_them(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("a certificate")
    lend({"cert": str(tmp_path / "ca.pem")}, tmp_path)
    assert lent(tmp_path) == {"cert": "/mnt/cert.pem"}
    assert (tmp_path / "cert.pem").read_text() == "a certificate"


def test_a_variable_goes_before_a_file_and_other_options_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable.example/simple")
    monkeypatch.setenv("PIP_CONSTRAINT", "/srv/constraints.txt")
    found = pip_options()
    assert found["index-url"] == "https://variable.example/simple"
    assert "constraint" not in found
