"""What the core asks of the world, as protocols. `wiring` picks the implementations.

Only values cross these doors: dataclasses, bytes and strings, never ORM rows, SDK objects or responses.
"""
