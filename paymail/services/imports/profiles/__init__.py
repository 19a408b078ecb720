"""How other systems write their invoices: a profile for each, and invoices of theirs in our columns."""

from paymail.services.imports.profiles.built_in import BUILT_IN, OWN
from paymail.services.imports.profiles.choice import NoSuchProfile, Profiles
from paymail.services.imports.profiles.profile import Profile

__all__ = ["BUILT_IN", "OWN", "NoSuchProfile", "Profile", "Profiles"]
