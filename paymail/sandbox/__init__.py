"""A Stripe-compatible server for the demo and the tests; no other room imports it."""
