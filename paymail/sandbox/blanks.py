"""The fields of Stripe's objects that the sandbox mostly leaves empty. Copy them before use."""

from __future__ import annotations

from paymail.sandbox.errors import Json
from paymail.sandbox.words import words

INTENT: Json = {
    "allowed_payment_method_types": None,
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 0,
    "application": None,
    "application_fee_amount": None,
    "canceled_at": None,
    "cancellation_reason": None,
    "customer": None,
    "customer_account": None,
    "excluded_payment_method_types": None,
    "last_payment_error": None,
    "latest_charge": None,
    "livemode": False,
    "managed_payments": None,
    "next_action": None,
    "on_behalf_of": None,
    "payment_method": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {},
    "payment_record": None,
    "processing": None,
    "review": None,
    "setup_future_usage": None,
    "source": None,
    "status": "requires_payment_method",
    "transfer_data": None,
}

CHARGE: Json = {
    "amount_captured": 0,
    "amount_refunded": 0,
    "application": None,
    "application_fee": None,
    "balance_transaction": None,
    "calculated_statement_descriptor": None,
    "captured": False,
    "customer": None,
    "disputed": False,
    "failure_balance_transaction": None,
    "failure_code": None,
    "failure_message": None,
    "fraud_details": {},
    "livemode": False,
    "on_behalf_of": None,
    "outcome": None,
    "paid": False,
    "receipt_number": None,
    "receipt_url": None,
    "refunded": False,
    "review": None,
    "source": None,
    "source_transfer": None,
    "transfer_data": None,
}

OUTCOME: Json = {"advice_code": None, "network_advice_code": None, "network_decline_code": None}

REFUND: Json = {
    "balance_transaction": None,
    "customer": None,
    "customer_account": None,
    "payment_method": None,
    "receipt_number": None,
    "source_transfer_reversal": None,
    "transfer_reversal": None,
}

EVIDENCE: Json = dict.fromkeys(
    sorted(
        words(
            """access_activity_log billing_address cancellation_policy cancellation_policy_disclosure
            cancellation_rebuttal customer_communication customer_email_address customer_name
            customer_purchase_ip customer_signature duplicate_charge_documentation
            duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy
            refund_policy_disclosure refund_refusal_explanation service_date service_documentation
            shipping_address shipping_carrier shipping_date shipping_documentation
            shipping_tracking_number uncategorized_file uncategorized_text"""
        )
    )
) | {"enhanced_evidence": {}}

REQUIREMENTS: Json = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}

BUSINESS_PROFILE: Json = {
    "mcc": None,
    "minority_owned_business_designation": None,
    "name": None,
    "product_description": None,
    "specified_commercial_transactions_act_url": None,
    "support_address": None,
    "support_email": None,
    "support_phone": None,
    "support_url": None,
    "url": None,
}

# A Standard account shows its platform neither what Stripe asks of it nor its bank accounts.
ACCOUNT_SETTINGS: Json = {
    "bacs_debit_payments": {"display_name": None, "service_user_number": None},
    "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
    "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
    "card_payments": {
        "decline_on": {"avs_failure": False, "cvc_failure": False},
        "statement_descriptor_prefix": None,
        "statement_descriptor_prefix_kana": None,
        "statement_descriptor_prefix_kanji": None,
    },
    "payments": {
        "statement_descriptor": None,
        "statement_descriptor_kana": None,
        "statement_descriptor_kanji": None,
        "statement_descriptor_prefix_kana": None,
        "statement_descriptor_prefix_kanji": None,
    },
    "sepa_debit_payments": {},
}
