"""The website of a company, as it is printed on documents."""

from urllib.parse import urlsplit

from paymail.errors import InvalidInput

LONGEST = 200


class BadWebsite(InvalidInput):
    """This is no address of a website."""

    code = "bad_website"


def checked_website(text: str) -> str:
    """Return an address as it is printed: `coastline.example/pay`, without `https://`. Raises BadWebsite."""
    found = text.strip()
    if len(found) > LONGEST or not found.isprintable() or " " in found:
        raise BadWebsite(f"a website can have at most {LONGEST} characters, and no spaces")
    scheme, mark, rest = found.partition("://")
    bare = (rest if mark else scheme).rstrip("/")
    try:
        url = urlsplit(f"https://{bare}")
        good = url.hostname is not None and "." in url.hostname.strip(".") and url.port is None
    except ValueError:
        good = False
    if not good or "@" in bare or (mark and scheme.lower() not in ("https", "http")):
        raise BadWebsite(f"{found[:60]!r} is not a website, such as www.example.com")
    return bare
