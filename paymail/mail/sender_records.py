"""SPF, DKIM and DMARC of the domains that we send from, where DNS answers.

Sources: RFC 7208 (SPF), RFC 6376 §3.6 (DKIM keys), RFC 7489 §6 (DMARC), RFC 2606 (reserved domains).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from paymail.mail import dkim_key
from paymail.ports.findings import Finding, Verdict, failed, not_asked, ok, warning

CHECK = "dns records"
TIMEOUT = 2.0
"""Seconds for one name."""
MOST_LABELS = 8
"""Of a domain: each may be asked for its parent's DMARC record."""
_RESERVED = ("example", "test", "invalid", "localhost", "local", "internal")
_EXAMPLES = ("example.com", "example.net", "example.org")


class NoDns(Exception):
    """DNS does not answer, so nothing can be said."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks for TXT records."""

    resolver: Resolver
    seconds: float = TIMEOUT
    """For one name."""

    def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name, none if there are none. Raises NoDns."""
        try:
            answer = self.resolver.resolve(name, "TXT", lifetime=self.seconds, search=False)
        except (NXDOMAIN, NoAnswer):
            return []
        except (DNSException, OSError) as error:
            raise NoDns(f"DNS does not respond for {name}: {type(error).__name__}") from error
        # RFC 7208 §3.3: the strings of one record are joined without spaces.
        return [b"".join(row.strings).decode("utf-8", "replace") for row in answer]

    def tagged(self, name: str, version: str) -> list[str]:
        """Return those TXT records that begin with this version tag."""
        found = [text.strip() for text in self.texts(name)]
        return [text for text in found if text.replace(" ", "").lower().startswith(version.lower())]


def of_domain(asker: Asker, domain: str, *, signed: bool) -> Iterator[Finding]:
    """Look at SPF and DMARC of a domain that mail is sent from; `signed`: its mail has our DKIM signature."""
    if domain in _EXAMPLES or domain.rpartition(".")[2] in _RESERVED:
        yield not_asked(CHECK, f"{domain} is reserved for examples")
        return
    if domain.count(".") >= MOST_LABELS:
        yield not_asked(CHECK, f"{domain[:60]} has too many parts to be looked up")
        return
    try:
        sender = spf(asker, domain)
        yield sender
        yield dmarc(asker, domain, protected=signed or sender.verdict is Verdict.OK)
    except NoDns as error:
        yield not_asked(CHECK, str(error))


def spf(asker: Asker, domain: str) -> Finding:
    """Whether the domain says who may send for it (RFC 7208)."""
    found = [text for text in asker.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    name = f"SPF of {domain}"
    if not found:
        remedy = f"publish TXT {domain} `v=spf1 include:<your mail server's> -all`"
        return warning(CHECK, f"{name} is missing: emails may go to spam", remedy)
    if len(found) > 1:
        return failed(
            CHECK,
            f"{name}: {len(found)} records; receivers treat this as an error",
            "keep only one of them",
        )
    terms = found[0].lower().split()[1:]
    if terms == ["-all"]:
        return failed(
            CHECK, f"{name} says that the domain sends no email", "add your mail server to the record"
        )
    if terms and terms[-1] in ("all", "+all"):
        return warning(CHECK, f"{name} lets anyone send for the domain", "end the record with -all or ~all")
    return ok(CHECK, f"{name}: {found[0][:120]}")


def dmarc(asker: Asker, domain: str, *, protected: bool) -> Finding:
    """Whether receivers are told what to do with mail that proves nothing (RFC 7489).

    `protected` says whether our mail can prove anything: that it is signed, or that SPF names senders.
    """
    place, found = _dmarc_records(asker, domain)
    name = f"DMARC of {domain}"
    if not found:
        remedy = f"publish TXT _dmarc.{domain} `v=DMARC1; p=none; rua=mailto:…`"
        return warning(CHECK, f"{name} is missing: large email providers require it", remedy)
    if len(found) > 1:
        return failed(
            CHECK,
            f"{name}: {len(found)} records; receivers ignore them all",
            f"keep only one at {place}",
        )
    tags = _tags(found[0])
    policy = tags.get("p", "") if place == f"_dmarc.{domain}" else tags.get("sp", tags.get("p", ""))
    if policy.lower() not in ("none", "quarantine", "reject"):
        return failed(CHECK, f"{name} has no valid policy", "set p=none, p=quarantine or p=reject")
    if policy.lower() != "none" and not protected:
        return failed(
            CHECK,
            f"{name} asks receivers to {policy} your emails, which neither SPF nor DKIM authenticates",
            "publish an SPF record or set up DKIM first",
        )
    return ok(CHECK, f"{name}: {found[0][:120]}")


def _dmarc_records(asker: Asker, domain: str) -> tuple[str, list[str]]:
    """Return where records are, and which; a domain without any has its parent's (RFC 7489 §6.6.3)."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        place = "_dmarc." + ".".join(labels[start:])
        if found := asker.tagged(place, "v=DMARC1"):
            return place, found
    return "", []


def of_key(asker: Asker, key: dkim_key.DkimKey | None) -> Iterator[Finding]:
    """Look at the published half of the key that mail is signed with, if it is."""
    if key is None:
        yield not_asked(CHECK, "DKIM: emails are not signed (PAYMAIL_DKIM_DOMAIN is not set)")
        return
    try:
        yield dkim(asker, key)
    except NoDns as error:
        yield not_asked(CHECK, str(error))


def dkim(asker: Asker, key: dkim_key.DkimKey) -> Finding:
    """Whether the published key is the one that we sign with (RFC 6376 §3.6.1)."""
    name = f"DKIM key {key.place}"
    private = key.public_half()
    if private is None:
        return failed(CHECK, f"{name}: the private key cannot be read", "see PAYMAIL_DKIM_KEY_FILE")
    found = [_tags(text) for text in asker.texts(key.place) if "p" in _tags(text)]
    if not found:
        return failed(CHECK, f"{name} is missing: signatures cannot be verified", "publish the record")
    if len(found) > 1:
        return failed(CHECK, f"{name}: {len(found)} records; receivers may use any of them", "keep only one")
    published = found[0]["p"]
    if not published:
        return failed(
            CHECK, f"{name} is revoked (empty p=)", "publish the key again, or sign with another one"
        )
    if dkim_key.public_numbers(published) != private:
        return failed(CHECK, f"{name} does not match PAYMAIL_DKIM_KEY_FILE", "publish the matching key")
    if "y" in found[0].get("t", "").split(":"):
        return warning(CHECK, f"{name} is in test mode (t=y)", "remove t=y once emails are delivered")
    return ok(CHECK, f"{name} matches the signing key")


def _tags(record: str) -> dict[str, str]:
    """Return the tags of a DKIM or DMARC record (RFC 6376 §3.2); white space in values does not count."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, sign, value in pairs if sign}


@dataclass(frozen=True, slots=True)
class DnsSenderRecords:
    """Implements `ports.SenderRecords`. `sends`: mail goes to a mail server; `key` signs it, if any does."""

    sends: bool
    key: dkim_key.DkimKey | None
    resolver: Resolver | None = None
    """Empty: the system's DNS."""

    def look(self, domain: str) -> list[Finding]:
        """Ask DNS about a sender's domain: a handful of names, a second for each."""
        if not self.sends:
            return [not_asked(CHECK, "emails are saved as files, not sent")]
        try:
            asker = Asker(self.resolver or Resolver(), seconds=1.0)
        except (DNSException, OSError) as error:
            return [not_asked(CHECK, f"this host cannot use DNS: {type(error).__name__}")]
        signed = self.key is not None and self.key.covers(domain)
        found = [*of_domain(asker, domain, signed=signed), *of_key(asker, self.key)]
        if self.key is not None and not signed:
            found.append(
                warning(
                    CHECK,
                    f"DKIM: emails from {domain} are not signed; the key is for {self.key.domain}",
                    "send from an address of that domain, or set PAYMAIL_DKIM_DOMAIN",
                )
            )
        return found
