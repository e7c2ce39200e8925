"""The reference of the flow language as a Markdown page, made from the declarations and their examples.

Everything here comes from where it is declared, so that it cannot rot; how to begin is told elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from textwrap import dedent

from engine.actions import ALWAYS_POSSIBLE, FAILURES, Action, Audience, Catalog, Effect, Failure
from engine.codes import CODES
from engine.compiler import HEADER
from engine.effects import PromptKind
from engine.expression_tree import TESTS
from engine.filters import FILTERS
from engine.limits import limit_facts
from engine.schema import ANSWER_FIELDS, Field
from engine.steps.kinds import KINDS
from engine.type_names import WORDS
from engine.types import RecordType, in_words

_EFFECTS: Mapping[Effect, str] = {
    Effect.READ: "reads only",
    Effect.REVERSIBLE: "changes something that can be changed back",
    Effect.IRREVERSIBLE: "cannot be taken back",
}
ANSWER_KINDS: Mapping[PromptKind, tuple[str, str]] = {
    "choice": ("one of the `answers`; what an `ask` with `answers` and no `kind` is", "the id of the answer"),
    "yes-no": ("yes or no", "true or false"),
    "text": ("a text", "the text"),
    "email": ("an address that can be one; look-alike letters are refused", "the address"),
    "phone": ("a telephone number", "the number, with its plus sign and digits"),
    "date": ("a date, in most of the ways in which people write one", "the date"),
    "number": ("a number", "the number"),
    "one": ("one record of the list `of`, beside it any `answers`", "the record"),
    "several": ("some records of the list `of`", "a list of records"),
    "secret": ("a password that nobody sees, also not this program's files", "a reference to it"),
}


def language_reference(catalog: Catalog) -> str:
    """The reference as Markdown, for flows that may call the actions of `catalog`."""
    return "\n".join(
        [
            *_steps(),
            *_header(),
            *_answers(),
            *_expressions(),
            *_types(catalog),
            *_actions(catalog),
            *_failures(),
            *_limits(),
            *_codes(),
        ]
    )


def _steps() -> Iterator[str]:
    yield from ("## Steps", "", "A step is one thing. Its kind is the key it has.", "")
    for kind in KINDS.values():
        yield from (f"### {kind.key}", "", *_with_examples(kind.doc), "")
        yield from (*_fields(kind.all_fields, {"id"} if kind.needs_id else set()), "")


def _with_examples(doc: str) -> Iterator[str]:
    """The paragraphs of a docstring; what is written as a list of steps becomes an example."""
    example: list[str] = []
    first, _, rest = doc.partition("\n")
    for paragraph in f"{first}\n{dedent(rest)}".strip().split("\n\n"):
        if paragraph.startswith(("- ", " ")):
            example += ["", *paragraph.split("\n")] if example else paragraph.split("\n")
            continue
        if example:
            yield from ("```yaml", *example, "```", "")
            example = []
        yield from (paragraph, "")
    if example:
        yield from ("```yaml", *example, "```")


def _fields(fields: Iterable[Field], needed: set[str]) -> Iterator[str]:
    rows = [
        (
            f"`{each.name}`" + (" (needed)" if each.required or each.name in needed else ""),
            f"{each.doc}{': ' + ', '.join(f'`{word}`' for word in each.words) if each.words else ''}",
            each.shape.value,
        )
        for each in fields
    ]
    yield from _table(("key", "what it says", "what it is"), rows)


def _header() -> Iterator[str]:
    words = "What stands above the steps. Which flow it is, who may hold it, and, where other flows visit it,"
    yield from ("## The head of a flow", "", f"{words} what it needs and gives back.", "")
    yield from (*_fields(HEADER, set()), "")


def _answers() -> Iterator[str]:
    yield from ("## What can be asked for", "")
    yield from _table(
        ("`kind`", "the answer is", "`save` keeps"),
        [(f"`{kind}`", takes, keeps) for kind, (takes, keeps) in ANSWER_KINDS.items()],
    )
    yield from ("", "An answer in `answers` is its label, or has more to say:", "")
    yield from (*_fields(ANSWER_FIELDS, set()), "")


def _expressions() -> Iterator[str]:
    yield from (
        "## Expressions",
        "",
        "What stands behind `if`, `with`, `set`, `expect`, `valid` and in `{{ }}`: facts and their members "
        "(`client.name`), comparisons (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`), `and`, `or`, "
        "`not`, numbers, `true`, `false`, `null`, texts in quotes of their own (`\"'adult'\"`), lists "
        "(`[a, b]`), `can('action')`, `can('action.parameter')`, tests and filters. Everywhere "
        "there are `today`, `audience`, `labels` and `me`: the id of the client or contact who is signed in "
        "(`if: me is known`), as whoever signed them in says; it is unknown for everybody else.",
        "",
        f"The tests, as in `portal.online_access is true`: {', '.join(f'`{test}`' for test in TESTS)}.",
        "",
        "The filters, as in `clients | count`:",
        "",
    )
    yield from _table(
        ("filter", "what comes out"), [(f"`{each.name}`", each.doc) for each in FILTERS.values()]
    )
    yield ""


def _types(catalog: Catalog) -> Iterator[str]:
    kinds = ", ".join(f"`{word}`" for word in WORDS)
    yield from (
        "## Types",
        "",
        f"For `inputs` and `results`: {kinds}, a record below, `optional …`, `list of …`, "
        "`id of client or contact`, `one of a, b, c`, and `A or B` for what two records have in common.",
        "",
        "Some members not everybody may see: a flow that shows one to an audience that may not is refused, "
        "and so is one in which it decides which words are shown or which answers are offered (whether it is "
        "known may decide that, for whoever may see other members of the record). What decides where a "
        "conversation goes (`if`, `choose`) and what is `valid` is not looked at so: there the author sees "
        "to it that nothing is told by it, or asks `audience` first.",
        "",
    )
    for name, record in sorted(catalog.records.items()):
        members = ", ".join(f"`{member}` ({in_words(kind)})" for member, kind in record.members)
        yield f"- **{name}**: {members}.{''.join(f' {each}' for each in _hidden(record))}"
    yield ""


def _hidden(record: RecordType) -> Iterator[str]:
    """Who may not see which members of a record."""
    groups: dict[frozenset[str], list[str]] = {}
    for member, audiences in record.hidden:
        groups.setdefault(audiences, []).append(member)
    for audiences, members in groups.items():
        who = " or ".join(each.value for each in Audience if each.value in audiences)
        all_of_it = len(members) == len(record.members)
        what = "Nothing of it" if all_of_it else ", ".join(f"`{each}`" for each in members)
        yield f"{what} {'is' if all_of_it else 'not'} for a {who}."


def _actions(catalog: Catalog) -> Iterator[str]:
    words = (
        "What a `do` can call. Risk goes from 0 to 4; from 2 on the exact effect is shown before it happens."
    )
    yield from ("## Actions", "", words, "")
    for action in sorted(catalog.actions.values(), key=lambda action: action.name):
        yield from _action(action)


def _action(action: Action) -> Iterator[str]:
    ends = sorted(each.value for each in action.failures - ALWAYS_POSSIBLE)
    made_for = ", ".join(each.value for each in Audience if each in action.audiences)
    yield from (f"### {action.name}", "", action.doc, "")
    yield f"It {_EFFECTS[action.effect]} (risk {action.risk}); for {made_for}."
    yield "" if action.result is None else f"It gives {in_words(action.result)}."
    if action.side_effects:
        told = ", ".join(f"`{each.name}` ({_plainly(each.words)})" for each in action.side_effects)
        yield f"Besides, on systems that say so: {told}."
    yield "" if not ends else f"It can end in {', '.join(f'`{name}`' for name in ends)}."
    if action.params:
        yield ""
        yield from _table(
            ("`with`", "what it is", "type"),
            [
                (f"`{param.name}`{' (needed)' if param.required else ''}", param.doc, in_words(param.type))
                for param in action.params
            ],
        )
    yield ""


def _plainly(words: str) -> str:
    return words.replace("{subject}", "them")


def _failures() -> Iterator[str]:
    yield from ("## How a call can go wrong", "", "For `on`. Those with a star can happen to every call.", "")
    yield from _table(
        ("failure", "what it means", "may be tried again", "something may have happened"),
        [
            (_failure(each), facts.sentence, _yes(facts.retryable), _yes(facts.may_have_happened))
            for each, facts in FAILURES.items()
        ],
    )
    yield ""


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"


def _failure(failure: Failure) -> str:
    star = " \\*" if failure in ALWAYS_POSSIBLE else ""
    return f"`{failure.value}`{star}"


def _limits() -> Iterator[str]:
    yield from ("## Limits", "", "A clinic changes them in `limits.yaml` in its folder of settings.", "")
    yield from _table(
        ("limit", "at most so many", "default", "can be"),
        [
            (f"`{name}`", each.doc, f"{each.default:,}", f"{each.least:,} to {each.most:,}")
            for name, each in limit_facts().items()
        ],
    )
    yield ""


def _codes() -> Iterator[str]:
    words = "What `unstuck check` can find. `unstuck explain CODE` shows an example and the repair."
    yield from ("## Findings", "", words, "")
    yield from _table(
        ("code", "", "what was found"),
        [(code, each.severity.value, each.title) for code, each in sorted(CODES.items())],
    )
    yield ""


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
