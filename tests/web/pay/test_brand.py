"""The address of a logo: anybody may see the picture, for ever, and nothing but the picture."""

from paymail.models import Issuer
from paymail.services.issuers.logos import set_logo
from tests.factories import NOW
from tests.services.issuers.test_issuer_identity import picture
from tests.web.conftest import Site


def test_a_logo_is_shown_to_anybody_and_may_be_kept(site: Site) -> None:
    site.invoice()
    with site.app.transaction() as session:
        found = session.get_one(Issuer, 1)
        set_logo(session, issuer=found, content=picture(), actor="t", now=NOW)
        path = f"/brand/{found.logo_sha256}.png"
    answer = site.client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.content.startswith(b"\x89PNG")
    assert site.client.head(path).status_code == 200


def test_whoever_does_not_know_a_digest_learns_nothing(site: Site) -> None:
    site.invoice()
    for name in ("0" * 64, "1", "A" * 64, "..%2f" * 3):
        answer = site.client.get(f"/brand/{name}.png")
        assert answer.status_code in (404, 422)
        assert "Southern" not in answer.text


def test_who_asks_for_logos_that_are_not_there_is_soon_not_looked_up(site: Site) -> None:
    answers = [site.client.get(f"/brand/{number:064x}.png").status_code for number in range(62)]
    assert answers == [404] * 60 + [429] * 2
