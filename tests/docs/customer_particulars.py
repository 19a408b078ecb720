"""What an issuer can tell of itself, a buyer, and what is bought: for the customer tour."""

import io
from datetime import date

from PIL import Image, ImageDraw

IDENTITY = {
    "tax_id": "51 824 753 556",
    "address": "Level 4, 120 Harbour Street\nSydney NSW 2000",
    "phone": "+61 2 9010 0000",
    "colour": "#2563eb",
    "terms": "24 days",
    "bank_holder": "Southern IT Services Pty Ltd",
    "bank_name": "Harbour Bank",
    "bank_bsb": "063-000",
    "bank_number": "10002000",
    "bank_payid": "billing@southern-it.example",
    "bank_iban": "DE02120300000000202051",
    "bank_bic": "BYLADEM1001",
    "bank_since": date(2023, 7, 3),
}
BUYER = {
    "address": "12 King Street\nNewtown NSW 2042",
    "tax_id": "53 004 085 616",
    "country": "AU",
    "attention": "Accounts payable",
}
FOUR = (
    ("Remote support, Tuesday evening", "1.5", "110.00", "10"),
    ("Managed workstation, monthly", "12", "55.00", "10"),
    ("Firewall, with installation", "1", "899.00", "10"),
    ("Domain name, one year", "2", "22.00", "10"),
)
"""Description, quantity, price and tax rate of each line."""
TOTAL = 194_480
"""Of these four, with tax, in cents."""


def logo(colour: tuple[int, int, int] = (15, 23, 42)) -> bytes:
    """Return a picture that can be told from a plain square."""
    image, out = Image.new("RGB", (160, 160), colour), io.BytesIO()
    ImageDraw.Draw(image).ellipse((40, 40, 120, 120), fill=(255, 255, 255))
    image.save(out, "PNG")
    return out.getvalue()
