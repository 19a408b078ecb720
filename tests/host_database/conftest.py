"""A host's database for the tests of its reader."""

from tests.services.sync.conftest import host

__all__ = ["host"]
