"""What customers see of an issuer: checked when it is set, and filled into every document."""

import io
from datetime import date

import pytest
from PIL import Image, ImageFile
from sqlalchemy import Engine, event

from paymail import db
from paymail.db import make_engine
from paymail.documents import BankAccount, colours
from paymail.models import Customer, Invoice, Issuer, IssuerLogo
from paymail.services.core.documents import invoice_document
from paymail.services.core.invoices import load_invoice
from paymail.services.core.parties import seller_of
from paymail.services.issuers import bank_changes, logos
from paymail.services.issuers.issuer_settings import set_up_issuer
from paymail.services.reminders.preferences import BadPreference
from tests.factories import NOW, make_invoice
from tests.lender import Lender

PUBLIC = "https://pay.example"
BANK = {
    "bank_holder": "Southern IT",
    "bank_bsb": "063000",
    "bank_number": "1000 2000",
    "bank_iban": "de89 3704 0044 0532 0130 00",
    "bank_bic": "cobadeffxxx",
}


def picture(
    mode: str = "RGBA", size: tuple[int, int] = (400, 100), kind: str = "PNG", **more: object
) -> bytes:
    out = io.BytesIO()
    colour = {"RGBA": (200, 0, 0, 0), "P": 3}.get(mode, 0 if mode != "RGB" else (200, 0, 0))
    Image.new(mode, size, colour).save(out, kind, **more)
    return out.getvalue()


def change(engine: Engine, **changes: str | int) -> list[str]:
    with db.transaction(engine) as session:
        found = session.get_one(Issuer, 1)
        return set_up_issuer(session, issuer=found, changes=changes, actor="Ann", now=NOW)


def give_logo(engine: Engine, content: bytes) -> bool:
    with db.transaction(engine) as session:
        found = session.get_one(Issuer, 1)
        return logos.set_logo(session, issuer=found, content=content, actor="Ann", now=NOW)


@pytest.fixture
def invoiced(engine: Engine) -> Engine:
    with db.transaction(engine) as session:
        make_invoice(session)
    return engine


def test_documents_show_all_that_an_issuer_says_of_itself(invoiced: Engine) -> None:
    change(invoiced, **BANK, phone="+61 3 9010 0000", colour="#FACC15", footer="Thank you", terms="Net 14")
    change(invoiced, tax_id="ABN: 51824753556")
    with db.transaction(invoiced) as session:
        bank_changes.confirm(session, issuer=session.get_one(Issuer, 1), actor="cli", now=NOW)
    assert give_logo(invoiced, picture())
    with db.transaction(invoiced) as session:
        session.get_one(Invoice, 502).notes = "By the door"
        customer = session.get_one(Customer, 1)
        customer.attention, customer.tax_id = "Accounts", "53004085616"
    with db.reading(invoiced) as session:
        found = invoice_document(load_invoice(session, invoice_id=502), PUBLIC)
    seller = found.issuer
    assert (seller.phone, seller.footer, seller.tax_line) == (
        "+61 3 9010 0000",
        "Thank you",
        "ABN 51 824 753 556",
    )
    since = date(2026, 3, 17)
    assert seller.bank == BankAccount(
        holder="Southern IT", bsb="063-000", number="1000 2000", unchanged_since=since
    )
    with db.reading(invoiced) as session:
        abroad = seller_of(session.get_one(Issuer, 1), PUBLIC, "EUR").bank
    assert abroad == BankAccount(
        holder="Southern IT", iban="DE89 3704 0044 0532 0130 00", bic="COBADEFFXXX", unchanged_since=since
    )
    assert seller.logo.startswith(b"\x89PNG")
    assert seller.logo_url.startswith(f"{PUBLIC}/brand/")
    assert seller.colour == colours.legible("#facc15") != "#facc15"
    assert (found.customer.attention, found.customer.tax_line) == ("Accounts", "ABN 53 004 085 616")
    assert (found.terms, found.notes) == ("Net 14", "By the door")


def test_an_invoice_of_its_own_terms_keeps_them_and_one_in_euros_says_its_tax_in_dollars(
    engine: Engine,
) -> None:
    with db.transaction(engine) as session:
        made = make_invoice(session, currency="EUR")
        made.terms, made.tax_aud = "Now", 1234
        session.get_one(Issuer, 1).terms = "Net 14"
    with db.reading(engine) as session:
        found = invoice_document(load_invoice(session, invoice_id=502), PUBLIC)
    assert (found.terms, str(found.tax_local)) == ("Now", "AUD 12.34")


def test_a_logo_costs_no_statement_more_once_it_was_read(invoiced: Engine) -> None:
    give_logo(invoiced, picture(size=(33, 44)))
    with db.reading(invoiced) as session:
        invoice = load_invoice(session, invoice_id=502)
        invoice_document(invoice, PUBLIC)
        statements: list[str] = []
        event.listen(invoiced, "before_cursor_execute", lambda *more: statements.append(more[2]))
        assert invoice_document(invoice, PUBLIC).issuer.logo
    assert statements == []


@pytest.mark.parametrize(
    "content",
    [
        picture(),
        picture("RGB", kind="JPEG"),
        picture("P", kind="GIF"),
        picture("LA"),
        picture("RGB", (9, 300)),
    ],
)
def test_a_logo_becomes_a_small_picture_on_white_without_alpha(content: bytes) -> None:
    drawn = Image.open(io.BytesIO(logos.drawn(content)))
    assert (drawn.format, drawn.mode) == ("PNG", "RGB")
    assert max(drawn.size) == 80
    assert logos.drawn(content) == logos.drawn(content)


def test_what_is_transparent_is_white_and_no_hidden_data_stays() -> None:
    drawn = Image.open(io.BytesIO(logos.drawn(picture(icc_profile=b"secret" * 99))))
    assert drawn.getpixel((0, 0)) == (255, 255, 255)
    assert drawn.info == {}


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        picture()[:60],
        picture("1", (2001, 2000)),
        picture("1", (20_000, 20_000)),
        b"\0" * (logos.MOST_BYTES + 1),
        picture("RGB", kind="TIFF", size=(9, 9)),
    ],
    ids=["svg", "pdf", "broken off", "many pixels", "a bomb", "many bytes", "tiff"],
)
def test_what_is_no_picture_or_too_much_of_one_is_no_logo(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it
    with pytest.raises(logos.BadLogo):
        logos.drawn(content)


def test_a_logo_that_is_taken_away_stays_for_the_emails_that_show_it(invoiced: Engine) -> None:
    give_logo(invoiced, picture())
    with db.reading(invoiced) as session:
        digest = session.get_one(Issuer, 1).logo_sha256 or ""
    assert not give_logo(invoiced, picture()), "the same again is no change"
    assert give_logo(invoiced, b"")
    with db.reading(invoiced) as session:
        assert session.get_one(IssuerLogo, digest).content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("bank_bsb", "06300"),
        ("bank_bsb", "O63-000"),
        ("bank_iban", "DE89 3704 0044 0532 0130 01"),
        ("bank_bic", "COBADEF"),
        ("bank_number", "1" * 41),
        ("bank_holder", "a\u202eb"),
        ("colour", "red"),
        ("colour", "#12345"),
        ("phone", "1\n2"),
        ("footer", "x" * 501),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(invoiced: Engine, name: str, wrong: str) -> None:
    with pytest.raises(BadPreference):
        change(invoiced, **{"tax_label": "ABN", name: wrong})
    with db.reading(invoiced) as session:
        found = session.get_one(Issuer, 1)
        assert (found.tax_label, getattr(found, name), found.bank_since) == ("", "", None)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("#2563eb", "#2563eb"),
        ("#111827", "#111827"),
        ("#facc15", "#8e740b"),
        ("#ffffff", "#757575"),
        ("", "#2563eb"),
    ],
)
def test_a_colour_is_darkened_until_white_can_be_read_on_it(given: str, shown: str) -> None:
    assert colours.legible(given) == shown


def test_what_another_admin_saved_meanwhile_stays(lender: Lender) -> None:
    with lender.lend() as url:
        engine = make_engine(url)
        with db.transaction(engine) as session:
            make_invoice(session)
        with db.transaction(engine) as session:
            mine = session.get_one(Issuer, 1)  # read before the other one saves
            assert mine.link_days != 20
            change(engine, link_days=20)
            changes, seen = {"send_at": "10:15"}, {"send_at": str(mine.send_at)}
            changed = set_up_issuer(session, issuer=mine, changes=changes, actor="Bob", now=NOW, seen=seen)
        assert changed == ["send_at"]
        with db.reading(engine) as session:
            assert session.get_one(Issuer, 1).link_days == 20
        engine.dispose()
