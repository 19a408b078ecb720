"""Writes what the sandbox says as TypeScript constants of Stripe's own types, for `make spec-check`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from stripe._api_version import _ApiVersion

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from tests.contract.sandbox.broad_run import walk
from tests.contract.sandbox.recording import Recording, recorded
from tests.contract.sandbox.sandbox_api import Json, opened

_TYPES = {
    "account": "Stripe.Account",
    "balance": "Stripe.Balance",
    "charge": "Stripe.Charge",
    "customer": "Stripe.Customer",
    "dispute": "Stripe.Dispute",
    "event": "Stripe.Event",
    "mandate": "Stripe.Mandate",
    "payment_intent": "Stripe.PaymentIntent",
    "payment_method": "Stripe.PaymentMethod",
    "payment_method_domain": "Stripe.PaymentMethodDomain",
    "refund": "Stripe.Refund",
    "webhook_endpoint": "Stripe.WebhookEndpoint",
}
# Stripe.js describes what a page may read, not all that is sent: more is no fault there. Its types do not
# know how a card is captured by default since 2024-04-10.
_HEAD = """import type Stripe from "stripe";
import type { PaymentIntent, StripeError } from "@stripe/stripe-js";

type Shown = Omit<PaymentIntent, "capture_method"> & { capture_method: string };
type Refusal = Omit<StripeError, "payment_intent"> & { payment_intent?: Shown };
declare function read<T extends Shown>(value: T): T;
declare function readError<T extends Refusal>(value: T): T;
"""
_PIN = "pin another version in tests/spec_check/package.json"
# If the compiler took these, it would take anything.
_WRONG = """
// @ts-expect-error
export const without_amount: Stripe.Refund = { id: "re_1", object: "refund" };
// @ts-expect-error
export const unknown_type: Stripe.Event["type"] = "charge.surprised";
// @ts-expect-error
export const shown_without_status = read({ id: "pi_1", object: "payment_intent" });
"""


class Constants:
    """The constants of one file, each with the type that it is held against."""

    def __init__(self) -> None:
        """Start without constants."""
        self.lines = [_HEAD]
        self.counts: Counter[str] = Counter()

    def add(self, kind: str, value: Json) -> None:
        """Add a constant; the compiler then finds what is missing, unknown or of another type."""
        self.counts[kind] += 1
        name = f"{kind.rpartition('.')[2].lower()}_{self.counts[kind]}"
        self.lines.append(f"export const {name}: {kind} = {json.dumps(value, indent=1)};\n")

    def add_read(self, reader: str, value: Json) -> None:
        """Add what a page is given, read as Stripe.js describes it."""
        self.counts[reader] += 1
        self.lines.append(
            f"export const {reader}_{self.counts[reader]} = {reader}({json.dumps(value, indent=1)});\n"
        )


def constants(recording: Recording) -> Constants:
    """Return everything that was recorded as constants; a list gives its items."""
    made = Constants()
    for answer in recording.answers:
        if "error" in answer:
            made.add("Stripe.StripeRawError", answer["error"])
        elif answer["object"] == "list":
            for item in answer["data"]:
                made.add(_TYPES[item["object"]], item)
        else:
            made.add(_TYPES[answer["object"]], answer)
    for answer in recording.public:
        if "error" in answer:
            made.add_read("readError", answer["error"])
        else:
            made.add_read("read", answer)
    for event in recording.events:
        made.add("Stripe.Event", event)
    made.lines.append(_WRONG)
    return made


def check_versions(folder: Path) -> None:
    """Refuse packages that describe another API than the SDK that paymail uses."""
    modules = folder / "node_modules"
    server = (modules / "stripe/esm/apiVersion.js").read_text("utf-8")
    browser = (modules / "@stripe/stripe-js/dist/shared.d.ts").read_text("utf-8")
    if f"ApiVersion = '{_ApiVersion.CURRENT}'" not in server:
        sys.exit(
            f"npm's stripe is not of API {_ApiVersion.CURRENT}: pin another in tests/spec_check/package.json"
        )
    if f"ReleaseTrain = '{_ApiVersion.CURRENT_MAJOR}'" not in browser:
        sys.exit(f"@stripe/stripe-js is not of {_ApiVersion.CURRENT_MAJOR}: {_PIN}")


def main(folder: Path) -> None:
    """Walk through the sandbox and write `said.ts` into the folder, where npm's packages are."""
    check_versions(folder)
    with recorded() as recording, SandboxServer(SandboxConfig()) as server, opened(server) as api:
        walk(api)
    made = constants(recording)
    (folder / "said.ts").write_text("\n".join(made.lines), "utf-8")
    print(", ".join(f"{count} {kind}" for kind, count in sorted(made.counts.items())))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
