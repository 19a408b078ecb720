"""The container files agree with the program, with each other, and with what the documentation says."""

import re
from pathlib import Path

import pytest
import yaml

from paymail import __version__
from paymail.db import make_engine
from paymail.environment import file_values
from paymail.settings import Settings, load
from tests.conftest import ROOT, free_port
from tests.packaging.image.compose import services
from tests.postgres import Cluster

PASSWORD = "p@ss/w:rd%41 '$x"
EXAMPLES = (".env.example", ".env.dev.example")
NAMING = (*EXAMPLES, "docker-compose.yml", "docs/how-to/systemd.md", "docs/how-to/reverse-proxy.md")


def text(name: str) -> str:
    return (ROOT / name).read_text()


def test_the_image_is_labelled_with_the_version() -> None:
    assert f'image.version="{__version__}"' in text("Dockerfile")


def test_the_image_has_every_package_that_running_from_the_source_needs() -> None:
    makefile = text("Makefile")
    (packages,) = re.findall(r"^RUN_PACKAGES := (.*)$", makefile, re.MULTILINE)
    (fonts,) = re.findall(r"^FONTS := (.*)$", makefile, re.MULTILINE)
    packages = packages.replace("$(FONTS)", fonts)
    assert set(packages.split()) <= set(re.split(r"[\s\\]+", text("Dockerfile")))


def test_nothing_gets_near_the_image_but_what_the_dockerfile_copies() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", text("Dockerfile"), re.MULTILINE)
    wanted = {source for line in copied for source in line.split()}
    rules = text(".dockerignore").splitlines()
    assert "*" in rules
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == wanted
    assert all((ROOT / source).exists() for source in wanted)


@pytest.mark.parametrize("name", NAMING)
def test_every_variable_that_is_named_is_a_setting(name: str) -> None:
    found = set(re.findall(r"PAYMAIL_[A-Z_]+", text(name)))
    assert found
    assert found <= {f"PAYMAIL_{field.upper()}" for field in Settings.model_fields}


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("service", ["migrate", "web", "worker", "beat"])
def test_every_service_starts_with_the_variables_of_the_example(
    name: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in services(ROOT / name)[service].environment.items():
        monkeypatch.setenv(variable, value)
    settings = load()
    assert settings.database_url.startswith("postgresql")
    assert settings.mail_transport == "smtp"


def test_commented_values_of_the_example_are_ones_that_paymail_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.findall(r"^# (PAYMAIL_\w+)=(.+)$", text(".env.example"), re.MULTILINE)
    assert {"PAYMAIL_DKIM_KEY_FILE", "PAYMAIL_SMTP_CA_FILE", "PAYMAIL_RELAY_LOG"} <= {
        name for name, _ in found
    }
    mounts = services(ROOT / ".env.example")["worker"].volumes
    for name, value in found:
        monkeypatch.setenv(name, value)
        assert any(value == inside or value.startswith(f"{inside}/") for inside in mounts)
    monkeypatch.setenv("PAYMAIL_DKIM_DOMAIN", "acme.example")
    monkeypatch.setenv("PAYMAIL_DKIM_SELECTOR", "paymail")
    load()


def test_the_database_opens_with_a_password_of_any_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given as Compose does: the address from the file, the password beside it."""
    env = tmp_path / "env"
    quoted = text(".env.example").replace("'change me'", f'"{PASSWORD}"')
    env.write_text(quoted)
    given = services(env)["web"].environment
    port = free_port()
    with Cluster(port) as cluster:
        cluster.require_password("paymail", PASSWORD)
        monkeypatch.setenv("PGPASSWORD", given["PGPASSWORD"])
        settings = Settings(
            database_url=given["PAYMAIL_DATABASE_URL"].replace("@postgres/", f"@127.0.0.1:{port}/")
        )
        engine = make_engine(settings.database)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT current_user").scalar() == "paymail"
        engine.dispose()
    assert not re.search(r"://[^\s]*\$\{", text("docker-compose.yml"))


def test_the_examples_quote_a_password_that_is_no_word() -> None:
    assert file_values({"PAYMAIL_ENV_FILE": str(ROOT / ".env.example")})["POSTGRES_PASSWORD"] == "change me"
    found = file_values({"PAYMAIL_ENV_FILE": str(ROOT / ".env.dev.example")})["POSTGRES_PASSWORD"]
    assert set("@/: ") <= set(found)


def test_health_checks_ask_the_service_itself() -> None:
    found = services(ROOT / ".env.example")
    assert found["worker"].healthcheck == ["paymail", "worker", "--healthcheck"]
    assert "/readyz" in found["web"].healthcheck[-1]


def test_the_proxies_that_the_example_trusts_are_those_of_the_network() -> None:
    compose = yaml.safe_load(text("docker-compose.yml"))
    (network,) = compose["networks"]["default"]["ipam"]["config"]
    proxy = compose["services"]["proxy"]["networks"]["default"]["ipv4_address"]
    trusted = file_values({"PAYMAIL_ENV_FILE": str(ROOT / ".env.example")})["PAYMAIL_TRUSTED_PROXIES"]
    assert trusted.split(",") == [network["gateway"], proxy]


def test_the_proxy_has_the_bounds_of_the_documentation() -> None:
    (shown,) = re.findall(r"```caddyfile\n(.*?)```", text("docs/how-to/reverse-proxy.md"), re.DOTALL)
    shown = shown.replace("pay.example.com", "{$PUBLIC_URL}").replace("127.0.0.1:8025", "{$UPSTREAM}")
    used = [line.strip() for line in text("deploy/Caddyfile").splitlines()]
    used = [line for line in used if line and not line.startswith("#") and line != "admin off"]
    assert used == [line.strip() for line in shown.splitlines() if line.strip()]


def test_mailpit_gets_the_emails_of_the_example_for_trying_out() -> None:
    given = file_values({"PAYMAIL_ENV_FILE": str(ROOT / ".env.dev.example")})
    compose = yaml.safe_load(text("docker-compose.yml"))["services"]
    assert given["COMPOSE_PROFILES"] in compose[given["PAYMAIL_SMTP_HOST"]]["profiles"]
    assert given["PAYMAIL_SMTP_PORT"] == "1025"


def test_systemd_tells_only_the_worker_itself_to_stop() -> None:
    """Its processes end at once when they are told, in the middle of an email."""
    units = re.findall(r"```ini\n(\[Unit\].*?)```", text("docs/how-to/systemd.md"), re.DOTALL)
    (worker,) = (unit for unit in units if "paymail worker" in unit)
    assert "\nKillMode=mixed\n" in worker
