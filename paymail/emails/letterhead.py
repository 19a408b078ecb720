"""What the emails have in common: who writes to whom about which invoice, and in which language."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Self, TypedDict

from paymail.documents import BankAccount, Seller
from paymail.models import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(ABC):
    """The context of one email: its templates may use these fields and those of its kind, and no others."""

    kind: ClassVar[MessageKind]

    issuer_name: str
    customer_name: str
    invoice_number: str
    locale: str

    @property
    def template(self) -> str:
        """Folder of its templates."""
        return self.kind.value

    @classmethod
    @abstractmethod
    def sample(cls) -> Self:
        """Return an email that shows all that its templates can say, for previews and tests."""
        raise NotImplementedError(f"paymail/emails has no sample for kind `{cls.kind}`")

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        """Return one sample for each template folder."""
        return (cls.sample(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerEmail(Email):
    """An email to the customer, in their language. `payment_url` holds the secret token."""

    issuer_email: str
    seller: Seller
    payment_url: str
    verify_code: str = ""
    """By which who doubts the email finds at `verify_url` whether the invoice is genuine; empty: by none."""
    verify_url: str = ""
    not_online: str = ""
    """Why the invoice cannot be paid online, one of `money.Obstacle`; empty: it can."""
    reference: str
    """What a bank transfer for it should name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffEmail(Email):
    """An email to the issuer's staff, from the issuer itself and in English; it never holds a token."""

    staff_url: str


class Letterhead(TypedDict):
    """The fields of every `CustomerEmail`, to be handed on as `**letterhead`."""

    issuer_name: str
    issuer_email: str
    seller: Seller
    customer_name: str
    invoice_number: str
    payment_url: str
    verify_code: str
    verify_url: str
    not_online: str
    reference: str
    locale: str


SELLER: Final = Seller(
    name="Southern IT Services Pty Ltd",
    email="billing@southern-it.example",
    address="Level 3, 120 Collins Street\nMelbourne VIC 3000",
    tax_id="51 824 753 556",
    tax_label="ABN",
    phone="+61 3 9010 0000",
    bank=BankAccount(
        holder="Southern IT Services Pty Ltd",
        bank="Harbour Bank",
        bsb="063-000",
        number="1000 2000",
        payid="pay@southern-it.example",
        unchanged_since=date(2023, 7, 3),
    ),
)
"""The issuer of the samples."""

SAMPLE: Final[Letterhead] = {
    "issuer_name": "Southern IT Services Pty Ltd",
    "issuer_email": "billing@southern-it.example",
    "seller": SELLER,
    "customer_name": "The Vacuum Shop",
    "invoice_number": "502",
    "payment_url": "https://billing.example/pay/" + "0" * 64,
    "verify_code": "7K2MX-9QD4T",
    "verify_url": "https://billing.example/verify?code=7K2MX-9QD4T",
    "not_online": "",
    "reference": "INV502",
    "locale": "en-AU",
}
"""The letterhead of the samples: the seed's invoice 502."""
UNLINKED: Final[Letterhead] = {**SAMPLE, "payment_url": ""}
"""The same of an email that holds no pay link."""
