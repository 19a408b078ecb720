"""What the tests of the transports share."""

import pytest

from tests.contract.mail.authority import Authority, make_authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that clients are told to trust."""
    return make_authority(tmp_path_factory.mktemp("ca"))
