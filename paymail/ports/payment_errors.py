"""What may go wrong when the payment provider is asked, beside being away."""

from paymail.errors import Rejected, Unavailable


class KeySpent(Unavailable):
    """The provider failed inside and keeps that answer under the idempotency key: a retry needs another.

    An intent may exist all the same, but nobody was given its secret, so it cannot be paid.
    Source: Stripe documentation, "Idempotent requests" (results are kept, 500 errors included).
    """

    code = "stripe_failed"


class KeyTaken(KeySpent):
    """The provider knows the idempotency key from a request with other parameters: a retry needs another.

    So it is when a deploy, or a changed setting, comes between a request and its repetition.
    Source: Stripe documentation, "Idempotent requests" (parameters are compared).
    """


class Unreadable(Rejected):
    """The provider's object lacks what it always has, so nothing can be said about it. Lists leave it out."""

    code = "stripe_unreadable"
