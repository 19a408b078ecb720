"""Reminders: the ladder, what of it is due, and why something waits."""
