"""What service tests share."""

import pytest
from sqlalchemy import Engine

from tests.services.bench import Bench


@pytest.fixture
def bench(engine: Engine) -> Bench:
    """A post office on each database."""
    return Bench(engine)
