"""From what a person answered to a typed value, or to a sentence that says what to type instead.

Knows the kinds of prompts and the forms their answers have. Must not know flows, screens or the backend;
what a fitting answer means is decided by the step that asked.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol, TypeAlias

import msgspec
import re2

from engine.characters import looks_latin, looks_like, mixed_scripts, name_of, script_of, visible
from engine.describe import with_stop
from engine.diagnostics import Diagnostic
from engine.effects import Choice, PromptKind
from engine.finding import finding
from engine.limits import DEFAULT_LIMITS
from engine.nodes import Scalar
from engine.scalars import LARGEST_NUMBER
from engine.values import SECRET_KEY, Value, secret_id

Bound: TypeAlias = bool | int | float | str | None


class Match(Protocol):
    """Where a pattern was found."""

    def group(self, number: int) -> str | None:
        """What is in these brackets of the pattern; 0: in all of it. None where they were not needed."""
        ...


class Pattern(Protocol):
    """An author's pattern, ready to be used; it always ends in time."""

    @property
    def groups(self) -> int:
        """How many pairs of brackets it has."""
        ...

    def fullmatch(self, text: str) -> Match | None:
        """Something true if the whole text matches."""
        ...

    def search(self, text: str) -> Match | None:
        """Where it is found first, if it is."""
        ...


class Question(msgspec.Struct, frozen=True):
    """What is asked for.

    `minimum` and `maximum` bound a number, a date (ISO text, or the word `today`), the length of a text in
    characters, or how many of several are chosen. `pattern` (RE2) must match a whole text. `today` is the
    date at the clinic. No answer is longer than `longest` characters.
    """

    kind: PromptKind
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    minimum: Bound = None
    maximum: Bound = None
    pattern: str | None = None
    today: str = ""
    longest: int = DEFAULT_LIMITS.answer_characters
    new: bool = False


class Accepted(msgspec.Struct, frozen=True):
    """The answer as a value (None: skipped), and the id of the choice it was, if it was one.

    A picked record has its choice's id as value; several are a list of ids in the order of the choices.
    """

    value: Value
    choice: str | None = None


class NotAccepted(msgspec.Struct, frozen=True):
    """Why the answer was not taken: a stable word, and a sentence that says what to type.

    The words: empty, not_a_choice, ambiguous, not_text, hidden_character, too_long, too_short, too_small,
    too_large, pattern, not_yes_no, not_email, not_phone, not_date, not_number, too_few, too_many, not_secret,
    not_typed, too_common.
    """

    code: str
    text: str


Answer: TypeAlias = Accepted | NotAccepted


def parse_answer(question: Question, raw: Value) -> Answer:
    """Read one answer. Accepts every JSON value as `raw` and never raises."""
    if isinstance(raw, str):
        raw = raw.strip()
        if len(raw) > question.longest:
            return NotAccepted("too_long", f"Please use at most {question.longest:,} characters.")
    if raw is None or raw == "":
        return Accepted(None) if question.optional else NotAccepted("empty", _ASKED_FOR[question.kind])
    return _READERS[question.kind](question, raw)


def compile_pattern(text: str, node: Scalar) -> Pattern | Diagnostic:
    """An author's pattern (RE2) made ready, or the finding that it cannot be used, placed in `node`."""
    options = re2.Options()
    options.log_errors = False
    try:
        made: Pattern = re2.compile(text, options)
    except (re2.error, UnicodeEncodeError) as error:
        why = error.args[0] if error.args else b""
        words = why.decode("utf-8", "replace") if isinstance(why, bytes) else "half a character in it"
        part = words.partition(": ")[2]
        at = text.find(part) if part else -1
        place = node.at(at, len(part)) if at >= 0 else node.place
        message = f"This pattern cannot be used: {words}."
        return finding("U027", place, message, "Expected: a pattern in the syntax of RE2.")
    return made


def _choice(question: Question, raw: Value) -> Answer:
    found = _find(question, _as_text(raw))
    return found if isinstance(found, NotAccepted) else Accepted(found.id, found.id)


def _find(question: Question, text: str | None) -> Choice | NotAccepted:
    """The one choice meant by its id or its label; capitals and repeated blanks in a label do not matter."""
    if text is None:
        return NotAccepted("not_a_choice", _offer(question))
    for choice in question.choices:
        if choice.id == text:
            return choice
    wanted = _plain_words(text)
    named = [choice for choice in question.choices if _plain_words(choice.label) == wanted]
    if len(named) > 1:
        exact = [choice for choice in named if choice.label.strip() == text]
        named = exact if len(exact) == 1 else named
    if len(named) > 1:
        told_apart = [choice for choice in named if choice.detail]
        which = ": " + "; ".join(visible(choice.detail) for choice in told_apart[:5]) if told_apart else ""
        sentence = f"{len(named)} choices have this name{which}. Please pick one in the list."
        return NotAccepted("ambiguous", sentence)
    return named[0] if named else NotAccepted("not_a_choice", _offer(question))


def _plain_words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _offer(question: Question) -> str:
    """A sentence with the first choices."""
    if not question.choices:
        return "There is nothing to choose from here."
    labels = [visible(choice.label) for choice in question.choices[:6]]
    more = " …" if len(question.choices) > len(labels) else ""
    return with_stop(f"Please choose one of these: {'; '.join(labels)}{more}")


def _as_text(raw: Value) -> str | None:
    """The text of an answer; a number is taken as it would be typed."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    if isinstance(raw, int) and abs(raw) > LARGEST_NUMBER:
        return None
    return str(raw) if math.isfinite(raw) else None


_WORDS_OF_TRUTH: Mapping[str, bool] = {
    "yes": True,
    "y": True,
    "true": True,
    "no": False,
    "n": False,
    "false": False,
}


def _yes_no(question: Question, raw: Value) -> Answer:
    truth = raw if isinstance(raw, bool) else None
    if isinstance(raw, str):
        found = _find(question, raw)
        word = found.id if isinstance(found, Choice) else raw.casefold()
        truth = _WORDS_OF_TRUTH.get(word)
    if truth is None:
        return NotAccepted("not_yes_no", "Please answer yes or no.")
    return Accepted(truth, "yes" if truth else "no")


def _several(question: Question, raw: Value) -> Answer:
    chosen: set[str] = set()
    for part in _parts(question, raw):
        found = _find(question, _as_text(part))
        if isinstance(found, NotAccepted):
            return found
        chosen.add(found.id)
    least = _whole(question.minimum, 0 if question.optional else 1)
    most = _whole(question.maximum, len(question.choices))
    if len(chosen) < least:
        return NotAccepted("too_few", f"Please choose at least {least}.")
    if len(chosen) > most:
        return NotAccepted("too_many", f"Please choose at most {most}.")
    ids: list[Value] = list(dict.fromkeys(choice.id for choice in question.choices if choice.id in chosen))
    return Accepted(ids)


def _parts(question: Question, raw: Value) -> list[Value]:
    """The single answers in a list, or in a text with commas (which a label may have too)."""
    if isinstance(raw, list):
        return raw
    if isinstance(raw, str) and isinstance(_find(question, raw), NotAccepted):
        return [part.strip() for part in raw.split(",") if part.strip()]
    return [raw]


def _whole(bound: Bound, otherwise: int) -> int:
    return bound if isinstance(bound, int) and not isinstance(bound, bool) else otherwise


def _text(question: Question, raw: Value) -> Answer:
    text = _as_text(raw)
    if text is None:
        return NotAccepted("not_text", "Please type a text.")
    refused = _unfit(text) or _out_of_length(question, text)
    if refused is None and question.pattern and not _matches(question.pattern, text):
        refused = NotAccepted("pattern", "This does not have the form that is needed here.")
    return refused or Accepted(text)


def _unfit(text: str) -> NotAccepted | None:
    """Why a typed text has characters that it must not have."""
    if text.isprintable():
        return None
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or _reorders(character):
            sentence = f"Please type it without {name_of(character)}, on one line."
            return NotAccepted("hidden_character", sentence)
    return None


def _reorders(character: str) -> bool:
    """Whether it hides or reorders what is read; the joiners that scripts and emoji need do not."""
    return unicodedata.category(character) == "Cf" and character not in "\u200c\u200d"


def _out_of_length(question: Question, text: str) -> NotAccepted | None:
    least, most = _whole(question.minimum, 0), _whole(question.maximum, question.longest)
    if len(text) < least:
        return NotAccepted("too_short", f"Please type at least {least} characters.")
    if len(text) > most:
        return NotAccepted("too_long", f"Please use at most {most} characters.")
    return None


def _matches(pattern: str, text: str) -> bool:
    """Whether the whole text has the form; a pattern that cannot be used (a finding) refuses nothing."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.fullmatch(pattern, text, options) is not None
    except (re2.error, UnicodeEncodeError):
        return True


def _email(question: Question, raw: Value) -> Answer:
    # Its patterns take longer to make than most conversations need before their first question.
    from email_validator import EmailNotValidError, validate_email

    if not isinstance(raw, str):
        return NotAccepted("not_email", _ASKED_FOR["email"])
    refused = _unfit(raw)
    if refused is not None:
        return refused
    hint = _email_hint(raw)
    if hint is not None:
        return NotAccepted("not_email", hint)
    try:
        checked = validate_email(raw, check_deliverability=False)
    except (EmailNotValidError, UnicodeError, ValueError) as error:
        why = visible(str(error)) if isinstance(error, EmailNotValidError) else _ASKED_FOR["email"]
        return NotAccepted("not_email", f"This is not an email address. {why}")
    local, _, domain = raw.rpartition("@")
    # A coded domain (xn--…) is kept coded, so that nobody takes it for what it is drawn like.
    kept = domain if "xn--" in domain.lower() else checked.domain
    return Accepted(f"{local}@{kept.lower()}")


def _email_hint(raw: str) -> str | None:
    """What to do about the usual ways to give more, or less, than one address."""
    if "@" not in raw:
        return "An email address has an @ in it, like name@example.com."
    if re.search(r"[<>]|^mailto:", raw):
        return "Please type the address alone, without a name, < or >."
    if re.search(r"[,;]", raw) or raw.count("@") > 1:
        return "Please type one address only."
    return "An email address has no spaces." if re.search(r"\s", raw) else None


def _phone(question: Question, raw: Value) -> Answer:
    text = _as_text(raw)
    if text is None or not re.fullmatch(r"[0-9+(). \-]+", text):
        sentence = "Please type the phone number with digits, spaces, +, -, . and ( ) only."
        return NotAccepted("not_phone", sentence)
    digits = sum(character.isdigit() for character in text)
    if not 5 <= digits <= 20:
        return NotAccepted("not_phone", f"A phone number has 5 to 20 digits; this one has {digits}.")
    if "+" in text[1:]:
        return NotAccepted("not_phone", "A + can stand only at the beginning of a phone number.")
    return Accepted(text)


def _date(question: Question, raw: Value) -> Answer:
    form = "Please type the date as year-month-day, like 2026-11-23."
    if not isinstance(raw, str):
        return NotAccepted("not_date", form)
    day = _day(raw)
    if day is None:
        shape = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw)
        hint = "There is no such day in the calendar." if shape else _date_hint(raw)
        return NotAccepted("not_date", f"{hint} {form}" if hint else form)
    first, last = _bound_day(question, question.minimum), _bound_day(question, question.maximum)
    if first is not None and day < first:
        return NotAccepted("too_small", f"Please type a date that is not before {first.isoformat()}.")
    if last is not None and day > last:
        return NotAccepted("too_large", f"Please type a date that is not after {last.isoformat()}.")
    return Accepted(day.isoformat())


def _day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _date_hint(raw: str) -> str | None:
    """What a date in another order would be, where only one reading makes a day."""
    parts = re.fullmatch(r"([0-9]{1,2})[./\- ]+([0-9]{1,2})[./\- ]+([0-9]{4})", raw)
    if parts is None:
        return None
    one, two, year = (int(part) for part in parts.groups())
    readings = {_day(f"{year:04}-{month:02}-{day:02}") for day, month in ((one, two), (two, one))}
    days = sorted(day.isoformat() for day in readings if day is not None)
    return f"If you mean {' or '.join(days)}, type it so." if days else None


def _bound_day(question: Question, bound: Bound) -> date | None:
    if not isinstance(bound, str):
        return None
    return _day(question.today if bound == "today" else bound)


def _number(question: Question, raw: Value) -> Answer:
    value = _typed_number(raw) if isinstance(raw, str) else raw
    if isinstance(value, NotAccepted):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NotAccepted("not_number", _ASKED_FOR["number"])
    if not (-LARGEST_NUMBER <= value <= LARGEST_NUMBER):
        return NotAccepted("not_number", "This number is too large to be kept exactly.")
    least, most = _limit(question.minimum), _limit(question.maximum)
    if least is not None and value < least:
        return NotAccepted("too_small", f"Please type a number that is not below {least}.")
    if most is not None and value > most:
        return NotAccepted("too_large", f"Please type a number that is not above {most}.")
    return Accepted(value)


def _typed_number(text: str) -> int | float | NotAccepted:
    if re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        return int(text)
    if re.fullmatch(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}", text):
        return float(text)
    if re.fullmatch(r"[-+]?[0-9]+,[0-9]+", text):
        return NotAccepted("not_number", f"Please type a point, not a comma: {text.replace(',', '.')[:40]}.")
    if re.fullmatch(r"[-+]?[0-9]{1,3}([,' ][0-9]{3})+(\.[0-9]+)?", text):
        return NotAccepted("not_number", "Please type the number without signs between the thousands.")
    return NotAccepted("not_number", _ASKED_FOR["number"])


def _limit(bound: Bound) -> int | float | None:
    return bound if isinstance(bound, int | float) and not isinstance(bound, bool) else None


def _secret(question: Question, raw: Value) -> Answer:
    """Only a reference comes here; a value in plain is refused, and not repeated."""
    found = secret_id(raw)
    if found is None or not isinstance(raw, dict):
        return NotAccepted("not_secret", "This was not taken safely and is dropped. Please type it again.")
    checks = raw.get("checks")
    listed = checks if isinstance(checks, list) else []
    passed: list[Value] = [each for each in listed if isinstance(each, str)]
    least = question.minimum if isinstance(question.minimum, int) else 0
    if least and f"{least}-characters" not in passed:
        return NotAccepted("too_short", f"Please use at least {least} characters; it is not kept.")
    if question.new and "one-line" not in passed:
        return NotAccepted("not_typed", _NOT_TYPED)
    if question.new and "uncommon" not in passed:
        return NotAccepted("too_common", _TOO_COMMON)
    return Accepted({SECRET_KEY: found, "checks": passed})


_NOT_TYPED = (
    "This one holds a character that cannot be typed everywhere, such as a tab. Please type another, of"
    " letters, digits, signs and blanks; it is not kept."
)
_TOO_COMMON = (
    "This one is easy to guess: it is among the passwords that are tried first, or made of names that"
    " others know. Please choose another, such as four words that have nothing to do with each other."
)

_READERS: Mapping[PromptKind, Callable[[Question, Value], Answer]] = {
    "choice": _choice,
    "yes-no": _yes_no,
    "text": _text,
    "email": _email,
    "phone": _phone,
    "date": _date,
    "number": _number,
    "one": _choice,
    "several": _several,
    "secret": _secret,
}

_ASKED_FOR: Mapping[PromptKind, str] = {
    "choice": "Please choose one of the answers.",
    "yes-no": "Please answer yes or no.",
    "text": "Please type something.",
    "email": "Please type an email address, like name@example.com.",
    "phone": "Please type a phone number.",
    "date": "Please type a date as year-month-day, like 2026-11-23.",
    "number": "Please type a number, like 3 or 1.5.",
    "one": "Please choose one of the list.",
    "several": "Please choose from the list.",
    "secret": "Please type it.",
}


def address_warnings(address: str) -> tuple[str, ...]:
    """What a person should look at twice before trusting an address, in sentences. Never raises.

    Accented letters are no reason for a warning: many names have them.
    """
    found: list[str] = []
    for character in address:
        if _unfit(character) is not None or character in "\u200c\u200d":
            found.append(f"The address has {name_of(character)} in it.")
    narrow = unicodedata.normalize("NFKC", address)
    if unicodedata.normalize("NFC", address) != narrow:
        plain = visible(narrow)
        found.append(f"The address has wide or unusual forms of letters; in plain letters it is “{plain}”.")
    for part in re.split(r"[@.]", narrow):
        found += _part_warnings(part)
    return tuple(dict.fromkeys(found))


def _part_warnings(part: str) -> list[str]:
    """Warnings about one label of the domain, or one piece of the name before the @."""
    if part.lower().startswith("xn--"):
        return [_coded(part)]
    shown = visible(part)
    if mixed_scripts(part):
        foreign = next(character for character in part if script_of(character) not in ("Latin", None))
        return [
            f"“{shown}” mixes alphabets: “{foreign}” is {script_of(foreign)}, so that it is not the same as "
            f"“{visible(looks_like(part))}”."
        ]
    if looks_latin(part):
        script = next(filter(None, (script_of(character) for character in part if not character.isascii())))
        return [f"“{shown}” looks like “{visible(looks_like(part))}”, but is written in {script} letters."]
    return []


def _coded(part: str) -> str:
    try:
        meant = part[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return f"“{visible(part)}” is a coded name that cannot be read."
    inner = _part_warnings(meant) if not meant.lower().startswith("xn--") else []
    return " ".join([f"“{visible(part)}” is a coded name and stands for “{visible(meant)}”.", *inner])
