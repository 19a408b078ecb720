"""The button on the page of a payment that sends its receipt to one further address."""

from sqlalchemy import select

from paymail.models import Message
from tests.web.conftest import Site
from tests.web.pay.test_done_page import pays


def asked(site: Site, token: str, email: str, receipt: str = "1") -> str:
    answer = site.client.post(f"/pay/{token}/copy", data={"email": email, "receipt": receipt})
    assert answer.status_code == 200
    return answer.text


def copies(site: Site) -> list[tuple[str, str]]:
    with site.app.reading() as session:
        found = session.scalars(select(Message).where(Message.kind == "copy"))
        return [(message.recipient, message.kind) for message in found]


def test_a_copy_of_the_receipt_goes_to_the_address_once(site: Site) -> None:
    token = site.invoice()
    pays(site, token)
    for _ in range(2):
        assert "The copy is on its way." in asked(site, token, "books@shop.example")
    site.sweep()
    assert "That address already got this copy today." in asked(site, token, "books@shop.example")
    assert copies(site) == [("books@shop.example", "copy")]


def test_what_cannot_be_sent_is_explained(site: Site) -> None:
    token, other = site.invoice(), site.invoice(503)
    assert "form" in asked(site, token, "books@shop.example")  # nothing is paid yet
    pays(site, token)
    assert "check the email address for the copy" in asked(site, token, "books")
    assert "No copy can be sent" in asked(site, token, "books@shop.example", "2")
    asked(site, other, "books@shop.example", "1")
    assert copies(site) == []


def test_only_so_many_are_sent_in_a_day(site: Site) -> None:
    token = site.invoice()
    pays(site, token)
    pages = [asked(site, token, f"a{number}@shop.example") for number in range(6)]
    assert "So many copies were sent today" in pages[-1]
    assert len(copies(site)) == 5


def test_a_program_asks_for_the_same_with_the_same_limits(site: Site) -> None:
    token = site.invoice()
    path, body = f"/api/public/pay/{token}/copy", {"to": "books@shop.example", "receipt": 1}
    assert site.client.post(path, json=body).json()["code"] == "no_receipt"
    pays(site, token)
    for _ in range(2):
        assert site.client.post(path, json=body).json() == {"success": True}
    assert copies(site) == [("books@shop.example", "copy")]
    assert site.client.post(path, json={**body, "to": "books"}).status_code == 422
    answers = [site.client.post(path, json={**body, "to": f"a{n}@shop.example"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert answers[-1].json()["code"] == "too_many_copies"
