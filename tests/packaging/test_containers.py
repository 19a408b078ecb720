"""The container files agree with the program."""

import re

import pytest

from paymail import __version__
from paymail.environment import file_values
from paymail.settings import Settings
from tests.conftest import ROOT


def test_the_image_is_labelled_with_the_version() -> None:
    assert f'image.version="{__version__}"' in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", [".env.example", "docker-compose.yml", "docs/how-to/systemd.md"])
def test_every_variable_that_is_named_is_a_setting(name: str) -> None:
    found = set(re.findall(r"PAYMAIL_[A-Z_]+", (ROOT / name).read_text()))
    assert found
    assert found <= {f"PAYMAIL_{field.upper()}" for field in Settings.model_fields}


def test_the_example_is_a_file_that_paymail_reads() -> None:
    found = file_values({"PAYMAIL_ENV_FILE": str(ROOT / ".env.example")})
    assert found["POSTGRES_PASSWORD"] == "change me"


def test_the_password_is_no_part_of_an_address() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert "PGPASSWORD: ${POSTGRES_PASSWORD" in text
    assert not re.search(r"://[^\s]*\$\{POSTGRES_PASSWORD", text)
