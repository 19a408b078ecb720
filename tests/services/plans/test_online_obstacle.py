"""What cannot be paid online is known before it is mailed, and the till decides by the same function."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paymail import db, money
from paymail.documents import InvoiceDocument
from paymail.emails import InvoiceEmail
from paymail.errors import InvalidInput
from paymail.models import Invoice, Issuer
from paymail.money import Obstacle
from paymail.services.core.online_payment import online_obstacle
from paymail.services.letters import previews
from paymail.services.plans.choice import check_amount, smallest
from tests.factories import NOW
from tests.services.emailed_invoice import EmailedInvoice


def owing(balance: int, currency: str, part: int | None = None, account: str = "acct_a") -> Invoice:
    issuer = Issuer(name="A", email="a@b.example", stripe_account=account, created_at=NOW)
    sums = dict.fromkeys(
        ("amount_paid", "amount_refunded", "amount_charged_back", "amount_credited", "amount_written_off"), 0
    )
    return Invoice(
        issuer=issuer,
        currency=currency,
        total=balance,
        part_minimum=part,
        plan=None,
        tax_rate=Decimal(10),
        **sums,
    )


def accepts(invoice: Invoice, amount: int) -> bool:
    try:
        check_amount(invoice, amount)
    except InvalidInput:
        return False
    return True


@pytest.mark.parametrize(
    ("balance", "currency", "obstacle"),
    [
        (8250, "AUD", None),
        (0, "AUD", None),
        (49, "AUD", Obstacle.BELOW_MINIMUM),
        (34_781, "KWD", Obstacle.LAST_DIGIT),
        (34_780, "KWD", None),
        (1050, "MGA", Obstacle.LAST_DIGIT),
        (99_999_999, "AUD", None),
        (100_000_000, "AUD", Obstacle.ABOVE_MAXIMUM),
        (34_780, "IQD", Obstacle.CURRENCY),
    ],
)
def test_each_obstacle_has_its_name(balance: int, currency: str, obstacle: Obstacle | None) -> None:
    assert online_obstacle(owing(balance, currency)) is obstacle


def test_without_an_account_nothing_can_be_paid_online() -> None:
    assert online_obstacle(owing(8250, "AUD", account="")) is Obstacle.NO_ACCOUNT
    assert online_obstacle(owing(0, "AUD", account="")) is None


def test_what_is_too_much_at_once_can_be_paid_where_parts_are_allowed() -> None:
    invoice = owing(150_000_000, "AUD", part=10_000)
    assert online_obstacle(invoice) is None
    assert accepts(invoice, money.STRIPE_MAXIMUM)


@given(st.integers(1, 3 * 10**8), st.sampled_from(sorted(money.CURRENCIES)), st.booleans())
def test_the_till_takes_something_exactly_of_what_has_no_obstacle(
    balance: int, currency: str, parts: bool
) -> None:
    least = money.from_stripe_amount(money.stripe_minimum(currency) * 100, currency)
    invoice = owing(balance, currency, part=least if parts and least <= balance else None)
    most = money.from_stripe_amount(money.STRIPE_MAXIMUM // 100 * 100, currency)
    tried = (balance, smallest(invoice), most)
    assert any(accepts(invoice, amount) for amount in tried) == (online_obstacle(invoice) is None)


def test_emails_and_documents_say_it(emailed: EmailedInvoice) -> None:
    emailed.set(currency="KWD", subtotal=31_619, tax_amount=3_162, total=34_781)
    message_id = emailed.send_one(502)
    with db.transaction(emailed.engine) as session:
        letter = previews.preview(session, message_id=message_id, public_url="https://pay.example", now=NOW)
    assert isinstance(letter.email, InvoiceEmail)
    assert isinstance(letter.document, InvoiceDocument)
    assert letter.email.not_online == letter.document.not_online == "last_digit"
