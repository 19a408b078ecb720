"""Keys of the staff API for tests."""

from paymail.services.access import api_keys
from paymail.wiring import App


def bearer(app: App, *scopes: str, name: str = "Test") -> dict[str, str]:
    """Make a key and return the header that presents it."""
    with app.transaction() as session:
        issued = api_keys.issue(session, name=name, scopes=scopes, now=app.now())
    return {"Authorization": f"Bearer {issued.key}"}
