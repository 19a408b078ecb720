"""Which public addresses have a domain that Stripe takes."""

import pytest

from paymail.services.issuers.payment_domains import domain_of


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://pay.southern-it.com", "pay.southern-it.com"),
        ("https://Pay.Southern-IT.com:8443/paymail", "pay.southern-it.com"),
        ("https://pay.southern-it.com.", "pay.southern-it.com"),
        ("http://pay.southern-it.com", ""),
        ("http://127.0.0.1:8025", ""),
        ("https://127.0.0.1", ""),
        ("https://[::1]:8025", ""),
        ("https://localhost", ""),
        ("https://", ""),
    ],
)
def test_only_a_public_name_behind_https_is_a_domain(url: str, domain: str) -> None:
    assert domain_of(url) == domain
