"""What is wrong with each of several settings, so that a form can say it all at once."""

from collections.abc import Mapping

from paymail.errors import InvalidInput, PaymailError
from paymail.models import Issuer
from paymail.services.issuers.issuer_settings import checked_changes
from paymail.services.issuers.setting_texts import Value, read


class SettingFaults(InvalidInput):
    """Some settings cannot be as they are wanted; nothing was changed."""

    code = "bad_settings"

    def __init__(self, faults: Mapping[str, str]) -> None:
        """`faults` say why, by setting."""
        super().__init__("; ".join(f"{name}: {why}" for name, why in faults.items()))
        self.faults = faults


def read_all(issuer: Issuer, texts: Mapping[str, str]) -> dict[str, Value]:
    """Return what `set_up_issuer` takes from what people wrote. Raises SettingFaults naming every fault."""
    found: dict[str, Value] = {}
    faults: dict[str, str] = {}
    for name, text in texts.items():
        try:
            found[name] = read(name, text)
            checked_changes(issuer, {name: found[name]})
        except PaymailError as error:
            faults[name] = str(error).removeprefix(f"{name}: ")
    if faults:
        raise SettingFaults(faults)
    return found
