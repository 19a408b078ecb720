"""A host's own program, as a Node one would write: `python -m tests.faults.host_program URL SEED`.

It goes on until SIGTERM. Values are given as text, each act is a transaction of its own, some commit late and
some are rolled back; the database itself sets the time of the last change.
"""

import random
import signal
import sys
import time
from datetime import date, timedelta

import psycopg

from tests import seed_host

VOIDED = 3
"""Last digit of the invoices that are only ever voided: nobody pays them."""


class HostProgram:
    """One connection of it."""

    def __init__(self, url: str, seed: int) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._chance = random.Random(seed)
        self._made = 0

    def act(self) -> None:
        """Do one thing."""
        acts = [self._bill, self._postpone, self._cash, self._move, self._rename, self._void, self._issue]
        (act,) = self._chance.choices(acts, weights=[4, 6, 6, 2, 1, 2, 1])
        try:
            with self._connection.transaction():
                act()
                if self._chance.random() < 0.1:
                    time.sleep(self._chance.random())
                if self._chance.random() < 0.05:
                    raise psycopg.Rollback
        except psycopg.errors.UniqueViolation:
            pass  # two customers of one name cannot have the same address there either

    def _bill(self) -> None:
        self._made += 1
        seed_host.add_invoice(self._connection, seed_host.new_rows(self._made))

    def _postpone(self) -> None:
        due = date(2027, 1, 1) + timedelta(days=self._chance.randrange(300))
        self._change("due_date = %s", str(due))

    def _cash(self) -> None:
        amount = f"{self._chance.randint(1, 20)}.00"
        self._change(
            "amount_paid = amount_paid + %s, payment_status = 'partial'", amount, where="status = 'sent'"
        )

    def _move(self) -> None:
        email = f"moved{self._chance.randrange(10**9)}@customer.example"
        self._connection.execute(
            "UPDATE customers SET email = %s WHERE customer_id ="
            " (SELECT customer_id FROM customers ORDER BY random() LIMIT 1)",
            (email,),
        )

    def _rename(self) -> None:
        self._connection.execute(
            "UPDATE customers SET name = left(name, 40) || ' II' WHERE customer_id ="
            " (SELECT customer_id FROM customers ORDER BY random() LIMIT 1)"
        )

    def _void(self) -> None:
        self._connection.execute(
            "UPDATE invoices SET status = 'void' WHERE invoice_id = (SELECT invoice_id FROM invoices"
            " WHERE amount_paid = 0 AND status = 'sent' AND invoice_id %% 10 = %s ORDER BY random() LIMIT 1)",
            (VOIDED,),
        )

    def _issue(self) -> None:
        self._change("status = 'sent'", where="status = 'draft'")

    def _change(self, setting: str, *values: str, where: str = "true") -> None:
        self._connection.execute(
            f"UPDATE invoices SET {setting} WHERE invoice_id = (SELECT invoice_id FROM invoices"
            f" WHERE {where} AND status <> 'void' AND invoice_id %% 10 <> {VOIDED}"
            " ORDER BY random() LIMIT 1)",
            values,
        )


def main() -> None:
    """Act until SIGTERM."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    program = HostProgram(sys.argv[1], int(sys.argv[2]))
    while not asked:
        program.act()
        time.sleep(0.4)


if __name__ == "__main__":
    main()
