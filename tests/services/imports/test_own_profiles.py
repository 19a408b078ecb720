"""Profiles of one's own: checked whole when they are saved, recognised by their columns, and bounded."""

import io
import tomllib
from typing import Any

import pytest
from sqlalchemy import Engine

from paymail import db
from paymail.services.core.issuers import ensure_issuer
from paymail.services.imports import open_host_file, saved_profiles
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.profiles import BUILT_IN, Profiles
from paymail.services.imports.profiles.definition import BadProfile, profile_of, read_definition
from paymail.services.imports.profiles.written_definition import as_toml, written
from paymail.services.imports.saved_profiles import NoSavedProfile, TooManyProfiles
from tests.factories import NOW
from tests.services.imports.test_profiles import export

OURS = """
title = "our own system"
date_format = "DD.MM.YYYY"
decimal_mark = ","
metadata = ["Depot"]

[columns]
invoice_id = "Rechnung"
customer_name = "Kunde"
customer_email = ["Mail Buchhaltung", "Mail"]
issued_date = "Datum"
due_date = "Faellig"
status = "Stand"
description = "Text"
quantity = "Menge"
unit_price = "Preis"
line_tax_name = "Steuer"
total = "Brutto"
amount_due = "Offen"
payment_token = "Link"

[constants]
currency = "EUR"

[statuses]
"Gebucht" = "sent"
"Bezahlt" = "sent paid"
"Storno" = "void"

[taxes]
"voll" = "19"
"frei" = "0 E"
"""
FILE = f"""\
Rechnung;Kunde;Mail Buchhaltung;Mail;Datum;Faellig;Stand;Text;Menge;Preis;Steuer;Brutto;Offen;Link;Depot
R-1;Holz;;a@holz.example;01.02.2026;03.03.2026;Gebucht;Bretter;10;12,50;voll;148,75;148,75;{"a1" * 32};Nord
R-2;Holz;b@holz.example;;02.02.2026;04.03.2026;Bezahlt;Schulung;1;80,00;frei;80,00;0,00;{"b2" * 32};
"""


def definition(text: str = OURS) -> dict[str, Any]:
    return read_definition(text.encode())


def test_a_profile_of_ones_own_reads_a_file_and_is_recognised_by_its_columns() -> None:
    profiles = Profiles((profile_of("holz", definition()),))
    file = open_host_file(io.BytesIO(FILE.encode()), profiles=profiles)
    assert file.notes[0] == "read as our own system, by the profile holz"
    first, second = file.checked()
    assert isinstance(first, HostInvoice)
    assert isinstance(second, HostInvoice)
    assert (first.number, first.total, first.paid, first.issued.isoformat()) == (
        "R-1",
        14875,
        0,
        "2026-02-01",
    )
    assert (first.customer_email, second.customer_email) == ("a@holz.example", "b@holz.example")
    assert (first.payment_token, first.metadata) == ("a1" * 32, '{"Depot": "Nord"}')
    assert (second.paid, second.lines[0].tax_category) == (8000, "E")


def test_a_profile_on_the_base_of_another_goes_before_it() -> None:
    own = profile_of("branch", {"base": "xero", "columns": {"purchase_order": "Reference"}})
    file = open_host_file(io.BytesIO(export("xero").encode()), profiles=Profiles((own,)))
    invoice = next(iter(file.checked()))
    assert isinstance(invoice, HostInvoice)
    assert (file.layout.profile, invoice.purchase_order, invoice.metadata) == (own, "Ticket 8812", None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            'invoice_id = "Rechnung"|invoice = "Rechnung"',
            "columns: 'invoice' is not a column that paymail reads",
        ),
        (
            'unit_price = "Preis"|unit_price = "Menge"',
            "columns: 'Menge' is read as quantity and as unit_price",
        ),
        ('quantity = "Menge"|quantity = []', "columns.quantity is not a name of a column"),
        ('currency = "EUR"|customer_name = "A"', "constants: 'customer_name' cannot be the same"),
        ('currency = "EUR"|invoice_id = "7"', "constants: 'invoice_id' cannot be the same for all invoices"),
        ('"Storno" = "void"|"Storno" = "gone"', "statuses: 'gone' is not what 'Storno' can mean"),
        ('"frei" = "0 E"|"frei" = "7 E"', "taxes: '7 E' is not what 'frei' can mean"),
        ('decimal_mark = ","|decimal_mark = ";"', "decimal_mark: ';' is neither . nor ,"),
        ('date_format = "DD.MM.YYYY"|date_format = "DD.YYYY"', "date_format: "),
        ('title = "our own system"|base = "sap"', "base: 'sap' is not one of xero, quickbooks"),
        ('title = "our own system"|colour = "red"', "'colour' is not one of title, base"),
    ],
)
def test_a_wrong_definition_says_what_is_wrong_with_it(change: str, said: str) -> None:
    old, new = change.split("|")
    assert old in OURS
    with pytest.raises(BadProfile) as refused:
        profile_of("holz", definition(OURS.replace(old, new)))
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["xero", "paymail", "Holz", "", "a" * 41, "../x"])
def test_a_name_is_short_and_not_a_built_in_one(name: str) -> None:
    with pytest.raises(BadProfile, match="cannot be a name"):
        profile_of(name, definition())


@pytest.mark.parametrize("content", [b"x = ", b"\xff\xfe", b"#" * 70_000, b"a=" + b"[" * 5000])
def test_what_is_not_toml_or_too_large_is_refused(content: bytes) -> None:
    with pytest.raises(BadProfile, match="the file is"):
        read_definition(content)


@pytest.mark.parametrize("profile", BUILT_IN, ids=lambda one: one.name)
def test_a_built_in_profile_can_be_printed_changed_and_saved(profile: Any) -> None:
    printed = tomllib.loads(as_toml(written(profile)))
    again = profile_of("mine", printed)
    assert (again.columns, again.statuses, again.taxes) == (profile.columns, profile.statuses, profile.taxes)


def test_what_people_call_things_commands_no_terminal_and_stays_what_it_is() -> None:
    evil = {"title": 'x"\\y', "statuses": {"\x1b[2J\U0001f600\u202e": "sent"}}
    printed = as_toml(evil)
    assert all(letter.isascii() and (letter.isprintable() or letter == "\n") for letter in printed)
    assert tomllib.loads(printed) == evil


def test_a_saved_profile_is_one_issuers_or_everybodys_and_can_be_replaced_and_removed(engine: Engine) -> None:
    with db.transaction(engine) as session:
        one, other = (
            ensure_issuer(session, name=n, email="b@host.example", tax_id="51 824 753 556", now=NOW).issuer_id
            for n in "AB"
        )
        for name, issuer_id in (("mine", one), ("all", None)):
            saved_profiles.save(session, name=name, definition=definition(), issuer_id=issuer_id, now=NOW)
        changed = definition(OURS.replace("our own system", "anew"))
        saved_profiles.save(session, name="all", definition=changed, issuer_id=None, now=NOW)
    with db.transaction(engine) as session:
        assert [p.name for p in saved_profiles.profiles_for(session, issuer_id=one).saved] == ["all", "mine"]
        (found,) = saved_profiles.profiles_for(session, issuer_id=other).saved
        assert (found.name, found.title) == ("all", "anew")
        saved_profiles.remove(session, name="all")
        with pytest.raises(NoSavedProfile):
            saved_profiles.remove(session, name="all")
        assert saved_profiles.profiles_for(session, issuer_id=other).saved == ()


def test_no_more_profiles_are_saved_than_a_file_can_be_held_against(engine: Engine) -> None:
    with db.transaction(engine) as session:
        small = {"base": "xero"}
        for number in range(saved_profiles.MOST):
            saved_profiles.save(session, name=f"p{number}", definition=small, issuer_id=None, now=NOW)
        with pytest.raises(TooManyProfiles):
            saved_profiles.save(session, name="more", definition=small, issuer_id=None, now=NOW)
        saved_profiles.save(session, name="p7", definition=small, issuer_id=None, now=NOW)
