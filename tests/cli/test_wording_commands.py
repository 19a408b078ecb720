"""`paymail issuers wording`: a company's own words shown, set and taken back."""

import json

from paymail.wiring import App
from tests.cli.running import run
from tests.factories import make_invoice


def test_words_are_set_shown_and_taken_back(commands: App) -> None:
    with commands.transaction() as session:
        make_invoice(session)
    words = ("issuers", "wording")
    here = ("1", "invoice", "de")
    assert "version 1" in run(*words, "set", *here, "--opening", "Guten Tag, {{ customer_name }}").stdout
    assert "version 2" in run(*words, "set", *here, "--closing", "Bis bald").stdout
    (now, before) = json.loads(
        run(*words, "show", "1", "--email", "invoice", "--language", "de", "--json").stdout
    )
    assert (now["version"], now["opening"], now["closing"], now["by"]) == (
        2,
        "Guten Tag, {{ customer_name }}",
        "Bis bald",
        "cli",
    )
    assert before["closing"] == ""
    assert "nothing changed" in run(*words, "set", *here, "--closing", "Bis bald").stdout
    assert json.loads(run(*words, "back", *here, "0", "--json").stdout)["version"] == 3
    assert json.loads(run(*words, "show", "--json").stdout) == []
    assert "placeholders: customer_name, company, number" in run(*words, "show", "--email", "invoice").stdout


def test_what_cannot_be_saved_is_said_by_its_part(commands: App) -> None:
    with commands.transaction() as session:
        make_invoice(session)
    told = run("issuers", "wording", "set", "1", "invoice", "en", "--subject", "{{ pay_url }}", expect=1)
    assert "subject: {{ pay_url }} is not a placeholder of this email" in told.output
    told = run("issuers", "wording", "back", "1", "notice", "en", "1", expect=1)
    assert "'notice' has no words of its own; there are invoice, " in told.output
