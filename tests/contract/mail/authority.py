"""A certificate authority of the tests."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Authority:
    """An authority and the PEM file by which clients know it."""

    ca: trustme.CA
    file: Path

    def context(self, *names: str) -> ssl.SSLContext:
        """Return a server's context with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*names).configure_cert(context)
        return context


def make_authority(folder: Path) -> Authority:
    """Return a new authority with its file in `folder`."""
    ca = trustme.CA()
    file = folder / "ca.pem"
    ca.cert_pem.write_to_path(file)
    return Authority(ca, file)
