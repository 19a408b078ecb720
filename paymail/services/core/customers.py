"""What every use case knows of a customer."""

from paymail.errors import Conflict


class CustomerErased(Conflict):
    """The personal data of this customer was erased; there is nobody to mail."""

    code = "customer_erased"
