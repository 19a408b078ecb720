"""Methods that stay at Stripe for later: customers, and detaching.

Source: Stripe documentation, "Save a customer's payment method when they use it for a payment", and
"The PaymentMethod object".
"""

import stripe

from paymail.gateway.translation.errors import NoSuchIntent, translated


class SavedMethodCalls:
    """Implements `ports.SavedMethods`, for a gateway with a client."""

    _client: stripe.StripeClient

    def create_customer(self, *, account: str, reference: str, idempotency_key: str) -> str:
        """Make a customer on the connected account, without personal data."""
        with translated():
            made = self._client.v1.customers.create(
                {"description": f"paymail customer {reference}", "metadata": {"customer_id": reference}},
                {"stripe_account": account, "idempotency_key": idempotency_key},
            )
        return made.id

    def detach_method(self, *, account: str, method_id: str) -> None:
        """Take a method from its customer. Stripe refuses that for one without, which is what was wanted."""
        with translated():
            try:
                self._client.v1.payment_methods.detach(method_id, {}, {"stripe_account": account})
            except stripe.error.InvalidRequestError:
                if self.is_attached(account=account, method_id=method_id):
                    raise

    def is_attached(self, *, account: str, method_id: str) -> bool:
        """Say whether a method still belongs to a customer."""
        try:
            with translated():
                found = self._client.v1.payment_methods.retrieve(method_id, {}, {"stripe_account": account})
        except NoSuchIntent:
            return False
        return bool(getattr(found, "customer", None))
