"""A bounce names its message: the return path carries the random part of the Message-ID."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paymail.clock import new_id
from paymail.ports.return_path import NoToken, header_token, verp_address, verp_token

TOKEN = "0123456789abcdef01234567"


def test_the_return_path_of_a_message_reads_back_as_its_token() -> None:
    token = new_id()
    address = verp_address("bounces@pay.example.com", f"<{token}@southern-it.example>")
    assert address == f"bounces+{token}@pay.example.com"
    assert verp_token(address) == token == header_token(f"<{token}@southern-it.example>")


@pytest.mark.parametrize(
    "address",
    [
        f"BOUNCES+{TOKEN.upper()}@PAY.EXAMPLE.COM",
        f" <bounces+{TOKEN}@pay.example.com>\n",
        f"a+b+{TOKEN}@pay.example.com",
    ],
)
def test_what_mail_servers_make_of_the_address_still_reads(address: str) -> None:
    assert verp_token(address) == TOKEN


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bounces@pay.example.com",
        f"+{TOKEN}@pay.example.com",
        f"bounces+{TOKEN}",
        f"bounces+{TOKEN}@",
        f"bounces+{TOKEN}0@pay.example.com",
        f"bounces+{TOKEN[1:]}@pay.example.com",
        f"bounces+{TOKEN[1:]}g@pay.example.com",
        f"bounces-{TOKEN}@pay.example.com",
        f"bounces+{TOKEN}x@pay.example.com",
        f"bounces+{TOKEN}@pay.example.com, other@x.example",
        f"x y+{TOKEN}@pay.example.com",
        f"bounces+{TOKEN[:-1]}\uff11@pay.example.com",
    ],
)
def test_other_addresses_name_no_message(address: str) -> None:
    assert verp_token(address) is None


@given(st.text(max_size=80))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    assert verp_token(text) is None or len(verp_token(text) or "") == 24


@pytest.mark.parametrize(
    "header_id", ["", f"{TOKEN}@x.example", f"<{TOKEN.upper()}@x.example>", f"<{TOKEN}0@x.example>", "<1@x>"]
)
def test_a_message_id_that_is_not_ours_gives_no_return_path(header_id: str) -> None:
    assert header_token(header_id) is None
    with pytest.raises(NoToken):
        verp_address("bounces@pay.example.com", header_id)
