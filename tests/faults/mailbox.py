"""The mailbox's files as the sink's books: what was handed over is what lies in the folder."""

import hashlib
import re

from tests.faults.journal import Journal
from tests.faults.office import Office


def handed_to_mailbox(office: Office) -> None:
    """Write a line for each file of the mailbox, as the sink would have."""
    journal = Journal(office.handed)
    for file in sorted(office.app.mailbox.glob("*.eml")):
        mime = file.read_bytes()
        found = re.search(rb"(?im)^message-id:\s*(<[^>\r\n]*>)", mime)
        journal.write(
            message_id=found[1].decode() if found else "",
            phase="dot",
            mode="ok",
            reply="250",
            accepted=True,
            sha256=hashlib.sha256(mime).hexdigest(),
        )
    journal.close()
