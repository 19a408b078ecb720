"""The pay page's domain at Stripe, by the real SDK against the sandbox."""

from collections.abc import Iterator

import pytest
import stripe

from paymail.errors import Rejected
from paymail.gateway import StripeConfig, StripePaymentDomains
from paymail.gateway.payment_domains import domain_from
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from paymail.services.issuers.payment_domains import register
from tests.contract.gateway.recorder import Recorder, check_request

ACCOUNT, OTHER = "acct_sandbox", "acct_other"
NAME = "pay.southern-it.com"


@pytest.fixture
def http() -> Recorder:
    return Recorder()


@pytest.fixture
def domains(http: Recorder) -> Iterator[StripePaymentDomains]:
    with SandboxServer(SandboxConfig(accounts=(ACCOUNT, OTHER))) as server:
        config = StripeConfig("sk_test_sandbox", (), server.url, 2.0)
        yield StripePaymentDomains(config, http)


def test_a_domain_is_registered_once_however_often_it_is_asked_for(
    domains: StripePaymentDomains, http: Recorder
) -> None:
    first = register(domains, account=ACCOUNT, name=NAME)
    assert (first.name, first.enabled, first.complete) == (NAME, True, True)
    assert [wallet.name for wallet in first.wallets] == ["apple_pay", "google_pay", "link"]
    http.sent.clear()
    assert register(domains, account=ACCOUNT, name=NAME) == first
    assert [method for method, *_ in http.sent] == ["get"]


def test_each_account_has_a_domain_of_its_own(domains: StripePaymentDomains) -> None:
    mine = register(domains, account=ACCOUNT, name=NAME)
    assert domains.find(account=OTHER, name=NAME) is None
    assert register(domains, account=OTHER, name=NAME).id != mine.id


def test_a_disabled_domain_is_enabled_again(domains: StripePaymentDomains) -> None:
    made = register(domains, account=ACCOUNT, name=NAME)
    domains._domains.update(made.id, {"enabled": False}, {"stripe_account": ACCOUNT})
    found = domains.find(account=ACCOUNT, name=NAME)
    assert found is not None
    assert (found.enabled, found.complete) == (False, False)
    assert register(domains, account=ACCOUNT, name=NAME) == made


def test_what_is_inactive_is_looked_at_again_and_tells_its_reason(
    domains: StripePaymentDomains, http: Recorder
) -> None:
    found = register(domains, account=ACCOUNT, name=f"unreachable.{NAME}")
    assert http.sent[-1][1].endswith("/validate")
    apple, google, link = found.wallets
    assert (apple.active, google.active, link.active, found.complete) == (False, True, True, False)
    assert "could not be verified" in apple.reason


def test_a_name_that_is_no_domain_is_refused(domains: StripePaymentDomains) -> None:
    with pytest.raises(Rejected):
        register(domains, account=ACCOUNT, name="no_domain")


class Late(StripePaymentDomains):
    """Sees nothing at first: somebody else registers the domain just then."""

    looks = 0

    def find(self, *, account: str, name: str):  # type: ignore[no-untyped-def]
        self.looks += 1
        return None if self.looks == 1 else super().find(account=account, name=name)


def test_a_domain_that_another_registered_meanwhile_is_taken_as_it_is(domains: StripePaymentDomains) -> None:
    made = register(domains, account=ACCOUNT, name=NAME)
    late = Late.__new__(Late)
    late._domains = domains._domains
    assert register(late, account=ACCOUNT, name=NAME) == made


def test_a_wallet_that_stripe_does_not_speak_of_is_inactive() -> None:
    least = {"id": "pmd_1", "object": "payment_method_domain", "domain_name": NAME, "enabled": True}
    found = domain_from(stripe.PaymentMethodDomain.construct_from(least, "sk_test"))
    assert [wallet.active for wallet in found.wallets] == [False, False, False]
    assert not found.complete


def test_every_request_is_as_the_sdks_own_types_say(domains: StripePaymentDomains, http: Recorder) -> None:
    made = register(domains, account=ACCOUNT, name=f"unreachable.{NAME}")
    domains.enable(account=ACCOUNT, domain_id=made.id)
    assert {check_request(*request) for request in http.sent} == {
        f"PaymentMethodDomain{kind}Params" for kind in ("List", "Create", "Modify", "Validate")
    }
