"""The mailbox viewer shows what is in a file, whatever it holds, and only files of its folder."""

from pathlib import Path

import pytest

from paymail.mail.reader import NoSuchMail, read


def shown(folder: Path, content: bytes) -> object:
    (folder / "1.eml").write_bytes(content)
    return read(folder, "1.eml")


def test_addresses_beyond_ascii_are_shown_as_they_are(tmp_path: Path) -> None:
    to = "To: =?utf-8?b?xYHDs2TFug==?=\r\n =?utf-8?b?LCAy?= <jörg@x.example>"
    mail = shown(tmp_path, f"{to}\r\nSubject: Grüße\r\n\r\nhello".encode())
    assert mail.recipient == "Łódź, 2 <jörg@x.example>"  # type: ignore[attr-defined]
    assert mail.subject == "Grüße"  # type: ignore[attr-defined]


def test_bytes_that_are_no_text_can_still_be_sent_to_a_browser(tmp_path: Path) -> None:
    mail = shown(tmp_path, b"Subject: \xff\xfe =?utf-8?b?!!?= =?nope?q?x?=\r\n\r\n\xff")
    assert str(mail).encode()


@pytest.mark.parametrize("name", ["../1.eml", "1.eml/..", ".1.eml", "1.txt", "", "2.eml"])
def test_other_names_lead_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "1.eml").write_bytes(b"x")
    with pytest.raises(NoSuchMail):
        read(tmp_path, name)
