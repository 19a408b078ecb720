"""Email addresses, checked."""

from email_validator import EmailNotValidError, validate_email

from paymail.errors import InvalidInput


class BadAddress(InvalidInput):
    """This is not an address that can be mailed."""

    code = "bad_address"


def checked(address: str) -> str:
    """Return an address as it is to be kept; its existence is not asked. Raises BadAddress, saying why."""
    try:
        return validate_email(address.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise BadAddress(f"{address.strip()[:100]!r} is not an email address: {error}") from error


def checked_copy(address: str) -> str:
    """Return the address of somebody who gets a copy, as it is to be kept. Raises BadAddress.

    Only ASCII before the @: a mail server without SMTPUTF8 would refuse the email for everybody.
    """
    found = checked(address)
    if not found.rpartition("@")[0].isascii():
        raise BadAddress(
            f"{found[:100]!r}: only letters A to Z are supported before the @ of a copy's address"
        )
    return found
