"""What service tests share."""

import pytest
from sqlalchemy import Engine

from tests.services.emailed_invoice import EmailedInvoice


@pytest.fixture
def emailed(engine: Engine) -> EmailedInvoice:
    """Invoice 502 and its emails, on each database."""
    return EmailedInvoice(engine)
