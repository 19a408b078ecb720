"""What DNS says of a domain that mail is sent from."""

from typing import Protocol

from paymail.ports.findings import Finding


class SenderRecords(Protocol):
    """Asks DNS for SPF, DKIM and DMARC; never raises for what DNS does."""

    def look(self, domain: str) -> list[Finding]:
        """Return what was found, in a few seconds at most."""
        ...
