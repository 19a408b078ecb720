"""HTTP: the public pay API and page, Stripe's webhook, and the staff pages."""
