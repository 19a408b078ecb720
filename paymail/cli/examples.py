"""Examples of every command, at the end of its help. `tests/structure/test_examples.py` parses them."""

from typing import Any

EXAMPLES: dict[str, tuple[str, ...]] = {
    "beat": ("",),
    "bounces list": ("", "--json"),
    "bounces read": ("bounce.eml", "reports/*.eml"),
    "bounces resume": ("customer.example",),
    "bulk cancel": ("3",),
    "bulk list": ("", "--json"),
    "bulk pause": ("3",),
    "bulk resume": ("3",),
    "bulk show": ("3",),
    "bulk start": (
        '--filter "delivery=not-emailed&payment=owed" --at "next business morning"',
        '--payment-status unpaid --currency AUD --issuer "Acme Pty Ltd" --rate ses',
    ),
    "contacts add": ("17 ap@customer.example --role cc",),
    "contacts list": ("17",),
    "contacts remove": ("17 4",),
    "customers erase": ("17 --yes",),
    "customers merge": ("18 --into 17",),
    "customers set-email": ("17 accounts@customer.example",),
    "customers set-locale": ("17 de-DE",),
    "customers statement": ("17 --to statement.pdf", "17 --to statement.pdf --day 2026-11-30"),
    "db check": ("",),
    "db restored": ("--status",),
    "db upgrade": ("",),
    "demo": ("", "--folder results"),
    "doctor": ("", "--json"),
    "events list": ("--state dead", "--invoice 502 --json"),
    "events reprocess": ("evt_1Q2w3E4r", "--dead"),
    "events show": ("evt_1Q2w3E4r",),
    "export accounting": (
        'xero-invoices --issuer "Acme Pty Ltd" --from 2026-11-01 --to 2026-11-30 --account 200',
        "myob-payments --from 2026-11-01 --to 2026-11-30",
    ),
    "export gst": (
        "--from 2026-07-01 --to 2026-09-30 --basis cash",
        "--from 2026-07-01 --to 2026-09-30 --lines",
    ),
    "export list": ("payments", "customers"),
    "forecast": ("", '--days 30 --issuer "Acme Pty Ltd" --json'),
    "import": (
        'invoices.csv --issuer "Acme Pty Ltd" --dry-run',
        'xero.csv --profile xero --issuer "Acme Pty Ltd"',
    ),
    "imports list": ("", "--json"),
    "imports send": ('2 --at "next business morning"',),
    "imports show": ("2",),
    "imports take-back": ("2 --yes",),
    "invoices create": (
        '--customer-name "Old Mill" --customer-email a@oldmill.example --line "Support, 2, 75.00" --issue',
    ),
    "invoices explain": ("502",),
    "invoices hold": ("502 --reason promised --until 2026-12-31",),
    "invoices issue": ("502",),
    "invoices link": ("502", "502 --regenerate"),
    "invoices list": (
        "--overdue",
        '--filter "delivery=bounced&overdue=31-60" --columns number,customer_name,balance',
        "--filter payment=unpaid --csv",
    ),
    "invoices parts": ("502 --minimum 20.00", "502 --off"),
    "invoices release": ("502",),
    "invoices remind": ("502",),
    "invoices send": ("502", '501 502 --at "next business morning"'),
    "invoices show": ("502", "502 --json"),
    "invoices void": ('502 --reason "Billed twice" --yes',),
    "invoices write-off": ('502 --reason "Customer insolvent"', "502 --undo"),
    "issuers add": ('"Acme Pty Ltd" billing@acme.example --tax-id "51 824 753 556" --address "1 Main St"',),
    "issuers cancel-bank": ("2",),
    "issuers confirm-bank": ("2",),
    "issuers list": ("",),
    "issuers logo": ("2 logo.png", "2 --remove"),
    "issuers register-domain": ('--issuer "Acme Pty Ltd"', "--all"),
    "issuers set": ('2 "tax_id=51 824 753 556"',),
    "issuers show": ("2",),
    "keys issue": ('"Our website" --scope read --scope write',),
    "keys list": ("",),
    "keys revoke": ("pk_a1b2",),
    "messages cancel": ("25",),
    "messages copy": ("502 --to bookkeeper@customer.example",),
    "messages list": ("", "--invoice 502 --json"),
    "messages prove": ("/var/log/mail.log",),
    "messages reschedule": ("25 --at 2026-12-01T09:00",),
    "messages resolve": ('25 --sent --why "The customer has it"', "25 --resend"),
    "messages show": ("25",),
    "messages unknown": ("",),
    "open": ("502", "INV-0042 --browser"),
    "payments list": ("502",),
    "payments receipt": ("348",),
    "payments record": ('502 82.50 --channel bank_transfer --reference "INV 502"',),
    "payments refund": ('348 16.50 --reason "A quarter of an hour less" --yes',),
    "plans agree": ("502 --count 3 --cadence monthly --first 2027-01-01",),
    "plans end": ('502 --reason "Paid in one sum"',),
    "plans show": ("502",),
    "preview": ("25", "25 --to preview"),
    "profiles list": ("",),
    "profiles remove": ("ours",),
    "profiles save": ("ours --from ours.toml",),
    "profiles show": ("xero",),
    "reconcile": ("", "--dry-run"),
    "reminders customer": ("17 --off", "17 --on"),
    "reminders invoice": ("502 --off", "502 --on"),
    "reminders issuer": ('--issuer "Acme Pty Ltd" --country AU --subdivision NSW',),
    "reminders show": ('--issuer "Acme Pty Ltd"',),
    "sandbox pay": ("pi_1_secret_2 --card 4242424242424242",),
    "sandbox serve": ("--port 8026",),
    "staff set-password": ("amy@acme.example",),
    "suppressions add": ('gone@customer.example --detail "Left the company"',),
    "suppressions lift": ('accounts@customer.example --reason "The mailbox is back"',),
    "suppressions list": ("", "--lifted"),
    "sync": ("--dry-run", "--follow"),
    "sync status": ("",),
    "tick": ("",),
    "up": ("", "--port 8080 --no-sample-data"),
    "web": ("--host 127.0.0.1 --port 8000",),
    "worker": ("", "--pool threads --concurrency 4"),
}
"""By the words of a command, what may follow them."""
HEAD = "Examples"


def lines_of(words: str) -> list[str]:
    """Return the examples of a command, as they are typed."""
    return [f"paymail {words} {more}".strip() for more in EXAMPLES.get(words, ())]


def add(command: Any, words: str) -> None:
    """Write the examples of a command, or of all in a group, into its help."""
    for name, child in getattr(command, "commands", {}).items():
        add(child, f"{words} {name}")
    if lines := lines_of(words):
        # Typer makes a line of what stands between empty ones.
        command.epilog = "\n\n".join([f"{HEAD}:", *lines])
