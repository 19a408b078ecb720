"""The issuer's colour on customer pages, under a policy that allows no style in a page itself."""

import re

from sqlalchemy import select

from paymail.models import Issuer
from paymail.services.issuers import logos
from tests.services.issuers.test_issuer_identity import picture
from tests.web.conftest import Site


def test_a_colour_is_a_style_sheet_of_one_rule_that_never_changes(site: Site) -> None:
    page = site.client.get(f"/pay/{site.invoice()}").text
    assert '<link rel="stylesheet" href="/brand/2563eb.css">' in page
    answer = site.client.get("/brand/2563eb.css")
    assert answer.text == ":root { --brand: #2563eb; }\n"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]


def test_what_is_no_colour_is_no_style_sheet(site: Site) -> None:
    for wrong in ("red", "2563EB", "2563eb0", "}body{", "12345", "%7D%0A"):
        assert site.client.get(f"/brand/{wrong}.css").status_code in (404, 422), wrong


def test_a_page_has_no_style_and_no_script_of_its_own(site: Site) -> None:
    page = site.client.get(f"/pay/{site.invoice()}").text
    assert "<style" not in page
    assert " style=" not in page
    assert page.count("<script") == page.count("<script src=")


def test_an_issuer_with_colour_and_logo_is_shown_by_both(site: Site) -> None:
    token = site.invoice()
    with site.app.transaction() as session:
        issuer = session.scalars(select(Issuer)).one()
        issuer.colour = "#facc15"  # too light for white text, so it is darkened
        logos.set_logo(session, issuer=issuer, content=picture(), actor="amy", now=site.app.now())
    page = site.client.get(f"/pay/{token}").text
    assert '<link rel="stylesheet" href="/brand/2563eb.css">' not in page
    (sheet,) = re.findall(r'href="(/brand/[0-9a-f]{6}\.css)"', page)
    assert site.client.get(sheet).status_code == 200
    (logo,) = re.findall(r'<img src="(/brand/[0-9a-f]{64}\.png)" alt=""', page)
    assert site.client.get(logo).headers["content-type"] == "image/png"
