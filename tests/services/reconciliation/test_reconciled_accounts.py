"""Which accounts are looked at: those of issuers, and every other that a payment was ever tried on."""

from sqlalchemy import Engine, select

from paymail import db
from paymail.models import AttemptStatus, Invoice, Issuer, PaymentAttempt, ReconciledAccount
from paymail.services.reconciliation import accounts
from tests.factories import NOW, make_invoice

TRIED = ("acct_b", "acct_a", "acct_b", "acct_sandbox", "")


def test_each_account_is_found_once_the_longest_unread_first(engine: Engine) -> None:
    with db.transaction(engine) as session:
        make_invoice(session)
        assert accounts.ours(session) == ["acct_sandbox"]
        for generation, account in enumerate(TRIED):
            session.add(
                PaymentAttempt(
                    invoice_id=session.scalars(select(Invoice.invoice_id)).one(),
                    generation=generation,
                    account=account,
                    amount=1,
                    currency="AUD",
                    idempotency_key=f"key{generation}",
                    status=AttemptStatus.CANCELED,
                    created_at=NOW,
                    updated_at=NOW,
                )
            )
        session.add(ReconciledAccount(account="acct_a", read_at=NOW))
        session.flush()
        assert accounts.ours(session) == ["acct_b", "acct_sandbox", "acct_a"]
        assert accounts.ours(session, only="acct_b") == ["acct_b"]
        assert accounts.ours(session, only="acct_c") == []
        session.scalars(select(Issuer)).one().stripe_account = ""
        assert "acct_sandbox" in accounts.ours(session)
