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
