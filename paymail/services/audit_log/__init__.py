"""The audit log as people read it: each entry a sentence, with the names of what it is about."""
