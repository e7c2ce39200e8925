"""Stand-ins for personal data: the same value always gets the same one, and what a flow can tell of a value
(two people of one name, a mistyped or shared address, a minor's age) stays true of its stand-in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from adapters.clinic.addresses import PROVIDERS, looks_alike, normal, suggested_domain, well_formed
from adapters.clinic.moments import age
from adapters.clinic.names import folded, slug

FIRST_NAMES = (
    "Robin Quinn Dana Jules Sasha Marlow Wren Perry Blake Casey Drew Ellis Frankie Glenn Harper Indigo "
    "Jordan Kendall Lane Morgan Noor Oakley Peyton Reese Skyler Tatum Umber Vesper Winter Yael Zephyr Arden"
).split()
LAST_NAMES = (
    "Halloway Brightmoor Castell Dunmore Eastgate Fenwick Greywater Hartwick Ironside Juniper Kestrel "
    "Lockridge Merrow Northam Oldfield Pennyworth Quill Ravenel Silverton Thornbury Underhill Vantongeren "
    "Westlake Yarrow Zimmerly Ashgrove Birchley Copperfield Driftwood Elmhurst Foxglove Gladstone"
).split()
CITIES = "Northport Easton Westbury Southgate Midvale Highfield Lowbridge Farmoor".split()
DOMAINS = ("mail.example", "post.example", "work.example")
NOBODY = "nobody of that name"
"""Stands for what was looked for and not found; no stand-in's name holds it."""

WORDS = "Some words that are left out here."
"""Stands for what somebody typed in their own words."""

_ADDRESS = re.compile(r"\S+@\S+")


class StandIns:
    """The stand-ins of one conversation. `real` are the words of real names, which none of them may be;
    `suggested` the domains that the clinic's system took for mistyped, with those it suggested; `blocked` the
    domains from which mail is known to be kept."""

    def __init__(
        self, real: Iterable[str], suggested: Mapping[str, str], blocked: frozenset[str], today: date
    ) -> None:
        taken = {folded(word) for word in real}
        self._first = [name for name in FIRST_NAMES if folded(name) not in taken]
        self._last = [name for name in LAST_NAMES if folded(name) not in taken]
        self._suggested = {normal(wrong): normal(right) for wrong, right in suggested.items()}
        self._blocked = blocked
        self._today = today
        self._words: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._domains: dict[str, str] = {}
        self._phones: dict[str, str] = {}
        self._cities: dict[str, str] = {}
        self._dates: dict[str, str] = {}

    def name(self, name: str) -> str:
        """For a whole name, word by word: people who share a family name still do."""
        words = name.split()
        return " ".join(self._word(word, own=number > 0) for number, word in enumerate(words))

    def word(self, word: str) -> str | None:
        """For one word of a name that has its stand-in already."""
        return self._words.get(folded(word))

    def address(self, address: str, owner: str = "") -> str:
        """For an email address; `owner` is the stand-in of its owner's name."""
        known = self._addresses.get(normal(address))
        if known is not None:
            return known
        local = slug(owner).replace("-", ".") if owner else "address"
        _, at, domain = address.rpartition("@")
        shown = f"{at}{self._domain(domain)}" if at else f" at {DOMAINS[0]}"
        made = next(
            each
            for each in (f"{local}{number or ''}{shown}" for number in (0, *range(2, 10_000)))
            if each not in self._addresses.values()
        )
        if looks_alike(address) and not looks_alike(made):
            made = made.replace("a", "\N{CYRILLIC SMALL LETTER A}")
        elif at and not well_formed(address):
            made = made.replace("@", "@@")
        self._addresses[normal(address)] = made
        return made

    def phone(self, phone: str) -> str:
        """For a telephone number."""
        return self._phones.setdefault(phone, f"+1 613 555 {100 + len(self._phones) % 100:04}")

    def city(self, city: str) -> str:
        """For a place where somebody lives."""
        number = len(self._cities)
        made = CITIES[number % len(CITIES)] + ("" if number < len(CITIES) else f" {number}")
        return self._cities.setdefault(folded(city), made)

    def birth_date(self, born: str, majority: int) -> str:
        """For a birth date, or the year of one: as many of age and as many minors as there were."""
        known = self._dates.get(born)
        if known is not None:
            return known
        years = age(date.fromisoformat(born if len(born) > 4 else f"{born}-01-01"), self._today)
        number = len(self._dates)
        year = self._today.year - (majority // 2 if years < majority else majority + 12 + number % 50)
        made = date(year, 1 + number % 12, 1 + number // 12 % 28).isoformat()
        self._dates[born] = made
        return made

    def birth_date_as_typed(self, typed: str) -> str:
        """For a birth date that somebody typed: that of a person, or one that is nobody's."""
        return self._dates.get(typed, "1900-01-01")

    def typed(self, text: str) -> str:
        """For a text that somebody typed: the address in it, or nothing of it."""
        found = _ADDRESS.fullmatch(text.strip())
        return self.address(text.strip()) if found is not None else WORDS

    def _word(self, word: str, own: bool) -> str:
        known = self._words.get(folded(word))
        if known is None:
            names = self._last if own else self._first
            known = names.pop(0) if names else f"Name{len(self._words)}"
            self._words[folded(word)] = known
        return known

    def _domain(self, domain: str) -> str:
        """For a domain. Those of large providers, and typing errors of them, belong to nobody and stay; a
        suggestion that only this clinic's system makes becomes one that every system makes."""
        plain = normal(domain)
        known = self._domains.get(plain)
        if known is None:
            known = self._domains[plain] = self._new_domain(plain)
        return known

    def _new_domain(self, domain: str) -> str:
        if domain in PROVIDERS or suggested_domain(f"x@{domain}") in PROVIDERS:
            return domain
        if domain in self._suggested:
            return "gmial.com"
        if domain in self._suggested.values():
            return "gmail.com"
        if domain in self._blocked:
            return "yahoo.example"
        used = {made for made in self._domains.values() if made.endswith(".example")}
        return next((each for each in DOMAINS if each not in used), f"mail{len(self._domains)}.example")
