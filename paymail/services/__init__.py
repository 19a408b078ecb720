"""Use cases: plain functions, keyword-only, `(session, …, now)`. They decide and never commit."""
