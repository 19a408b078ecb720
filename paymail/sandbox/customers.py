"""Customers: whom a bank transfer's balance belongs to."""

from __future__ import annotations

from paymail.sandbox import forms
from paymail.sandbox.calls import Call
from paymail.sandbox.errors import Json
from paymail.sandbox.ids import new_id


def create_customer(call: Call) -> Json:
    """POST /v1/customers."""
    kept = {name: forms.text(call.params, name) for name in ("description", "email", "name")}
    customer: Json = {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": call.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "discount": None,
        "invoice_prefix": new_id("x", 8)[2:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": forms.merged_metadata({}, call.params),
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
        **kept,
    }
    call.store.insert(call.account, customer)
    call.emit("customer.created", customer)
    return customer


def retrieve_customer(call: Call) -> Json:
    """GET /v1/customers/{id}."""
    return call.need("customer", call.path_id, param="customer")
