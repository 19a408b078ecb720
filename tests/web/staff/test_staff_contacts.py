"""Contacts on a customer's page."""

import re

from tests.web.conftest import Site

PAGE = "/staff/customers/1"


def csrf(site: Site) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', site.client.get(PAGE).text)
    assert found
    return found[1]


def test_staff_add_and_remove_a_contact(site: Site) -> None:
    site.invoice()
    site.log_in()
    token = csrf(site)
    form = {
        "csrf": token,
        "address": "books@accountant.example",
        "role": "cc",
        "gets": ["invoices", "receipts"],
    }
    page = site.client.post(f"{PAGE}/contacts", data=form).text
    assert "The contact is added." in page
    assert "books@accountant.example" in page
    assert "invoices, receipts" in page
    again = site.client.post(f"{PAGE}/contacts", data=form)
    assert again.status_code == 409
    assert "already receives" in again.text
    nothing = site.client.post(f"{PAGE}/contacts", data={"csrf": token, "address": "x@y.example"})
    assert nothing.status_code == 422
    assert "at least one kind of email" in nothing.text
    gone = site.client.post(f"{PAGE}/contacts/1/remove", data={"csrf": token})
    assert "The contact is removed." in gone.text
    assert "<bdi>books@accountant.example</bdi>" not in gone.text  # the history tells of it
    assert site.client.post(f"{PAGE}/contacts/1/remove", data={"csrf": token}).status_code == 200


def test_a_forged_form_adds_nobody(site: Site) -> None:
    site.invoice()
    site.log_in()
    form = {"csrf": "x", "address": "books@accountant.example", "gets": ["invoices"]}
    assert site.client.post(f"{PAGE}/contacts", data=form).status_code == 403
    assert "books@accountant.example" not in site.client.get(PAGE).text
