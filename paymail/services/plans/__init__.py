"""Payment plans: dividing a balance, what of each instalment is covered, and what may be paid now."""
