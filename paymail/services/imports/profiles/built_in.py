"""The profiles that paymail brings with it, in the order in which a file is held against them."""

from paymail.services.imports.profiles.invoice_ninja import INVOICE_NINJA
from paymail.services.imports.profiles.profile import Profile
from paymail.services.imports.profiles.psa import PSA
from paymail.services.imports.profiles.quickbooks import QUICKBOOKS
from paymail.services.imports.profiles.xero import XERO

OWN = "paymail"
"""The name of the way that needs no profile: our own columns."""
BUILT_IN: tuple[Profile, ...] = (XERO, QUICKBOOKS, INVOICE_NINJA, PSA)
