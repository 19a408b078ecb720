"""Reading fields of Stripe's objects."""


def id_of(reference: object) -> str:
    """Return the id of what a field refers to: expanded or not, or nothing."""
    return str(getattr(reference, "id", reference) or "")
