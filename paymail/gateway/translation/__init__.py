"""Stripe's objects and errors in our words, one file per object."""
