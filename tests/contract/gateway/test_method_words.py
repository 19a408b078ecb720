"""How customers paid is told in the words they know, for every brand, wallet and method of the SDK."""

from typing import Any

import pytest
import stripe

from paymail.gateway.translation.method_names import BRANDS, METHODS, WALLETS
from paymail.gateway.translation.methods import method_of
from tests.contract.gateway.annotated import fields_of, words_of

DETAILS = stripe.Charge.PaymentMethodDetails


def told(kind: str, **about: Any) -> str:
    return method_of(stripe.StripeObject.construct_from({"type": kind, kind: about}, None))


@pytest.mark.parametrize(
    ("brand", "expected"),
    [
        ("amex", "American Express ending 4242"),
        ("cartes_bancaires", "Cartes Bancaires ending 4242"),
        ("diners", "Diners Club ending 4242"),
        ("discover", "Discover ending 4242"),
        ("eftpos_au", "eftpos Australia ending 4242"),
        ("jcb", "JCB ending 4242"),
        ("link", "Link ending 4242"),
        ("mastercard", "Mastercard ending 4242"),
        ("unionpay", "UnionPay ending 4242"),
        ("visa", "Visa ending 4242"),
        ("unknown", "Card ending 4242"),
        (None, "Card ending 4242"),
        ("brand_to_come", "Brand To Come ending 4242"),
    ],
)
def test_a_card_is_told_by_its_brand(brand: str | None, expected: str) -> None:
    assert told("card", brand=brand, last4="4242") == expected


def test_the_brand_goes_before_the_network_that_carried_it() -> None:
    assert told("card", brand="visa", network="cartes_bancaires", last4="4242") == "Visa ending 4242"
    assert told("card", brand=None, network="eftpos_au", last4="4242") == "eftpos Australia ending 4242"


@pytest.mark.parametrize(
    ("wallet", "expected"),
    [
        ({"type": "apple_pay"}, "Visa (Apple Pay) ending 4242"),
        ({"type": "google_pay", "dynamic_last4": "9999"}, "Visa (Google Pay) ending 4242"),
        ({"type": "link"}, "Visa (Link) ending 4242"),
        ({"type": "wallet_to_come"}, "Visa (Wallet To Come) ending 4242"),
        ({}, "Visa ending 4242"),
        (None, "Visa ending 4242"),
    ],
)
def test_a_wallet_is_named_beside_the_card_in_it(wallet: dict[str, str] | None, expected: str) -> None:
    assert told("card", brand="visa", last4="4242", wallet=wallet) == expected
    assert told("card", brand="link", last4="4242", wallet={"type": "link"}) == "Link ending 4242"


@pytest.mark.parametrize(
    ("kind", "about", "expected"),
    [
        ("card", {}, "Card"),
        ("card", {"brand": "visa", "last4": None}, "Visa"),
        ("au_becs_debit", {"last4": "6789"}, "Bank debit ending 6789"),
        ("au_becs_debit", {"last4": None}, "Bank debit"),
        ("payto", {"last4": "6789"}, "PayTo ending 6789"),
        ("payto", {}, "PayTo"),
        ("sepa_debit", {"last4": "3000"}, "SEPA Direct Debit ending 3000"),
        ("ideal", {"bank": "ing", "iban_last4": "5264"}, "iDEAL ending 5264"),
        ("link", {}, "Link"),
        ("afterpay_clearpay", {}, "Afterpay/Clearpay"),
        ("customer_balance", {}, "Bank transfer"),
        ("konbini", {"store": {"chain": "lawson"}}, "Konbini"),
        ("swish", {"verified_phone_last4": "1234"}, "Swish"),
        ("kr_card", {"brand": "kakaobank", "last4": "4242"}, "KakaoBank ending 4242"),
        ("method_to_come", {}, "Method To Come"),
        ("method_to_come", {"last4": "4242"}, "Method To Come ending 4242"),
        ("", {}, ""),
    ],
)
def test_a_method_is_told_by_its_name_and_an_ending_only_where_it_has_digits(
    kind: str, about: dict[str, Any], expected: str
) -> None:
    assert told(kind, **about) == expected


def test_nothing_is_told_where_stripe_does_not_say() -> None:
    assert method_of(None) == ""
    assert method_of("ch_1") == ""


def test_every_word_of_the_sdk_has_a_name() -> None:
    kinds = set(fields_of(DETAILS)) - {"type"} | set(words_of(stripe.PaymentMethod, "type"))
    assert kinds - METHODS.keys() == set()
    assert set(words_of(DETAILS.Card.Wallet, "type")) - WALLETS.keys() == set()
    assert set(words_of(DETAILS.KrCard, "brand")) - BRANDS.keys() == set()


def test_no_name_can_be_taken_for_an_ending_or_a_reference() -> None:
    names = (*METHODS.values(), *BRANDS.values(), *WALLETS.values())
    assert [name for name in names if " ending " in name or ", " in name or len(name) > 24] == []
