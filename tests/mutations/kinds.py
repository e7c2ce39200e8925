"""The kinds of change: for each a generator of changed files, and why some of them cannot be found.

A kind is one function; what it yields is a short name of the place and the whole changed file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

from adapters.clinic.actions import CATALOG
from engine import Audience
from engine.filters import FILTERS
from tests.mutations.document import Document, Path, Plain, Spot, Step, kind_of

Changed: TypeAlias = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change: how it is made, at least how much of it is found (0 to 1), and why not all of it."""

    name: str
    make: Callable[[Document], Changed]
    least: float
    why: str


KINDS_OF_CHANGE: Final[dict[str, Kind]] = {}


def kind(
    name: str, least: float = 1.0, why: str = ""
) -> Callable[[Callable[[Document], Changed]], Callable[[Document], Changed]]:
    """Declare a kind of change."""

    def declared(make: Callable[[Document], Changed]) -> Callable[[Document], Changed]:
        KINDS_OF_CHANGE[name] = Kind(name, make, least, why)
        return make

    return declared


def typo(word: str) -> str:
    """The word as it is mistyped: two letters change places, or one is lost."""
    for at in range(1, len(word) - 1):
        if word[at] != word[at + 1] and word[at : at + 2].isalpha():
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:-1] if len(word) > 1 else word + word


def keyed(doc: Document, name: str) -> Iterator[tuple[tuple[str | int, ...], dict[str, Plain]]]:
    """Each mapping that stands under the key `name` of a step."""
    for path, step in doc.steps():
        value = step.get(name)
        if isinstance(value, dict):
            yield (*path, name), value


# -- names ---------------------------------------------------------------------------------------------


@kind("a target misspelled")
def target_misspelled(doc: Document) -> Changed:
    for spot in doc.targets():
        yield spot.named(), doc.changed(spot.path, typo(spot.value))


@kind("a step renamed to which others lead")
def step_renamed(doc: Document) -> Changed:
    named = {spot.value for spot in doc.targets()}
    for path, step in doc.steps():
        if step.get("id") in named:
            yield f"{step['id']}", doc.changed((*path, "id"), f"{step['id']}-anew")


@kind("a visited flow misspelled")
def visit_misspelled(doc: Document) -> Changed:
    for path, step in doc.steps():
        if isinstance(flow := step.get("visit"), str):
            yield flow, doc.changed((*path, "visit"), typo(flow))


@kind("an action misspelled")
def action_misspelled(doc: Document) -> Changed:
    for path, step in doc.steps():
        if isinstance(action := step.get("do"), str):
            yield action, doc.changed((*path, "do"), typo(action))


@kind("an argument or input misspelled")
def argument_misspelled(doc: Document) -> Changed:
    for path, values in keyed(doc, "with"):
        for name in values:
            yield name, doc.renamed((*path, name), typo(name))


@kind("a fact misspelled where it is read")
def fact_misspelled(doc: Document) -> Changed:
    yield from _in_code(doc, re.compile(r"(?<![\w.'\"|])([a-z][a-z_]{2,})(?![\w(\"'])"), _not_a_word)


@kind("a fact misspelled where it is kept")
def saved_misspelled(doc: Document) -> Changed:
    for path, step in doc.steps():
        if isinstance(fact := step.get("save"), str):
            yield fact, doc.changed((*path, "save"), typo(fact))
    for path, values in [*keyed(doc, "set"), *keyed(doc, "save")]:
        for name in values:
            yield name, doc.renamed((*path, name), typo(name))


@kind("a member misspelled")
def member_misspelled(doc: Document) -> Changed:
    yield from _in_code(doc, re.compile(r"(?<=[a-z]\.)([a-z][a-z_]{2,})\b"))


@kind("a filter misspelled")
def filter_misspelled(doc: Document) -> Changed:
    yield from _in_code(doc, re.compile(rf"(?<=\| )({'|'.join(FILTERS)})\b"))


@kind("a test misspelled")
def test_misspelled(doc: Document) -> Changed:
    yield from _in_code(doc, re.compile(r"(?<=is )(known|unknown|empty|true|false)\b"))


@kind("a word of a closed list misspelled in a comparison")
def word_misspelled(doc: Document) -> Changed:
    yield from _in_code(doc, re.compile(r"(?<=[=!]= ')([a-z_]+)(?=')"))


@kind("the action in can() misspelled")
def can_misspelled(doc: Document) -> Changed:
    yield from _in_code(doc, re.compile(r"(?<=can\(')([a-z_]+)"))


@kind("a result of a visit misspelled")
def result_misspelled(doc: Document) -> Changed:
    for path, values in keyed(doc, "save"):
        for name, result in values.items():
            yield name, doc.changed((*path, name), typo(str(result)))


@kind("an exit misspelled where it is taken")
def exit_misspelled(doc: Document) -> Changed:
    for path, step in doc.steps():
        if isinstance(leaving := step.get("return"), str):
            yield leaving, doc.changed((*path, "return"), typo(leaving))


@kind("an answer, exit, case or failure misspelled where it is routed")
def route_misspelled(doc: Document) -> Changed:
    for name in ("then", "cases", "on"):
        for path, routes in keyed(doc, name):
            for way in routes:
                yield f"{name} {way}", doc.renamed((*path, way), typo(way))


@kind("a key misspelled")
def key_misspelled(doc: Document) -> Changed:
    for path, step in doc.steps():
        for key in step:
            yield key, doc.renamed((*path, key), typo(key))


@kind("an outcome misspelled")
def outcome_misspelled(doc: Document) -> Changed:
    for path, step in doc.steps():
        if isinstance(outcome := step.get("end"), str):
            yield outcome, doc.changed((*path, "end"), typo(outcome))


# -- what is left out ----------------------------------------------------------------------------------


@kind(
    "a choice dropped",
    0.5,
    "of three answers or more one is gone, and where it led is reached by another way too; that a person "
    "misses it, only a person sees, and the replay that takes it",
)
def choice_dropped(doc: Document) -> Changed:
    for path, answers in keyed(doc, "answers"):
        for name in answers:
            yield name, doc.without((*path, name))


@kind(
    "an error branch dropped",
    0.15,
    "a failure without a branch is no mistake of a flow: it has the built-in way, is told in plain words and "
    "can be tried again or done by hand; only the steps that nothing else leads to are missed",
)
def branch_dropped(doc: Document) -> Changed:
    for path, routes in keyed(doc, "on"):
        for name in routes:
            yield name, doc.without((*path, name))
    for path, _ in keyed(doc, "on"):
        yield "on", doc.without(path)


@kind(
    "the way of an answer, exit or case dropped",
    0.5,
    "without a way of its own it goes on with the next step, which is right where no branch begins there",
)
def way_dropped(doc: Document) -> Changed:
    for path, step in doc.steps():
        then, answers = step.get("then"), step.get("answers")
        for name in then if isinstance(then, dict) else ():
            yield f"then {name}", doc.without((*path, "then", name))
        for name, answer in answers.items() if isinstance(answers, dict) else ():
            if isinstance(answer, dict) and "then" in answer:
                yield f"answer {name}", doc.without((*path, "answers", name, "then"))
        for name in cases if isinstance(cases := step.get("cases"), dict) else ():
            yield f"case {name}", doc.without((*path, "cases", name))


@kind("a needed argument or input dropped")
def argument_dropped(doc: Document) -> Changed:
    for path, step in doc.steps():
        values = step.get("with")
        action = CATALOG.actions.get(str(step.get("do")))
        for name in values if isinstance(values, dict) and action is not None else ():
            param = action.param(name)
            if param is not None and param.required:
                yield name, doc.without((*path, "with", name))


@kind("an optional argument dropped", 0.0, "the call is right without it, and means something else")
def optional_dropped(doc: Document) -> Changed:
    for path, step in doc.steps():
        values = step.get("with")
        action = CATALOG.actions.get(str(step.get("do")))
        for name in values if isinstance(values, dict) and action is not None else ():
            param = action.param(name)
            if param is not None and not param.required:
                yield name, doc.without((*path, "with", name))


@kind(
    "what is kept dropped",
    0.9,
    "the fact was set before, by a call whose result is then taken for the newer one",
)
def save_dropped(doc: Document) -> Changed:
    for path, step in doc.steps():
        if "save" in step:
            yield f"{step['save']}", doc.without((*path, "save"))


@kind(
    "an expectation dropped",
    0.4,
    "the step after it asks a person as well; that the system did what it was told is then taken on trust",
)
def expect_dropped(doc: Document) -> Changed:
    for path, step in doc.steps():
        if "expect" in step:
            yield f"{step['do']}", doc.without((*path, "expect"))


@kind(
    "a `then` dropped",
    0.6,
    "the step goes on with the next one, which is right where no branch begins there",
)
def then_dropped(doc: Document) -> Changed:
    for path, step in doc.steps():
        if isinstance(step.get("then"), str) and kind_of(step) != "if":
            yield f"{step.get('id', kind_of(step))}", doc.without((*path, "then"))


@kind(
    "a step dropped",
    0.8,
    "a text that is not said, or a question whose answer nobody keeps, leaves a flow as sound as before",
)
def step_dropped(doc: Document) -> Changed:
    for path, items in doc.lists():
        for number, step in enumerate(items):
            if isinstance(step, dict) and len(items) > 1:
                yield f"{step.get('id', kind_of(step))}", doc.without((*path, number))


@kind("an end dropped", 0.9, "the steps after it are reached by nothing else, or go on as this one would")
def end_dropped(doc: Document) -> Changed:
    for path, items in doc.lists():
        for number, step in enumerate(items):
            if isinstance(step, dict) and kind_of(step) in ("end", "return", "hand over") and len(items) > 1:
                yield f"{step.get('id', kind_of(step))}", doc.without((*path, number))


@kind("an input, result or exit no longer declared")
def declaration_dropped(doc: Document) -> Changed:
    for name in ("inputs", "results"):
        values = doc.top.get(name)
        for each in values if isinstance(values, dict) else ():
            yield f"{name} {each}", doc.without((name, each))
    exits = doc.top.get("exits")
    for number, each in enumerate(exits if isinstance(exits, list) else ()):
        yield f"exits {each}", doc.without(("exits", number))


# -- what leads elsewhere ------------------------------------------------------------------------------


@kind(
    "a target exchanged for another step",
    0.3,
    "both steps exist and both ways are sound; which of them was meant, replays and people know",
)
def target_exchanged(doc: Document) -> Changed:
    ids = doc.ids()
    for spot in doc.targets():
        if spot.value in ids and len(ids) > 1:
            other = ids[(ids.index(spot.value) + 1) % len(ids)]
            yield f"{spot.named()} to {other}", doc.changed(spot.path, other)


@kind(
    "an exit exchanged for another",
    0.1,
    "both exits are declared and routed; an exit that nobody takes any more is found",
)
def exit_exchanged(doc: Document) -> Changed:
    exits = doc.top.get("exits")
    names = [str(each) for each in exits] if isinstance(exits, list) else []
    for path, step in doc.steps():
        if (leaving := step.get("return")) in names and len(names) > 1:
            other = names[(names.index(str(leaving)) + 1) % len(names)]
            yield f"{leaving} to {other}", doc.changed((*path, "return"), other)


@kind("a guard turned into a loop")
def guard_loops(doc: Document) -> Changed:
    for path, step in doc.steps():
        if kind_of(step) == "if":
            own: Step = {"id": "looks-again", **step, "then": "looks-again"}
            own["id"] = step.get("id", "looks-again")
            own["then"] = own["id"]
            yield f"{step['if']}", doc.changed(path, own)


@kind(
    "a guard that leads back to the step above it",
    0.7,
    "where the way back passes a question, or a step that leads elsewhere, people can end it",
)
def guard_leads_back(doc: Document) -> Changed:
    for path, step in doc.steps():
        number = path[-1]
        if kind_of(step) != "if" or not isinstance(number, int) or number == 0:
            continue
        above = doc.at((*path[:-1], number - 1))
        if isinstance(above, dict) and isinstance(above.get("id"), str):
            yield f"{step['if']}", doc.changed((*path, "then"), above["id"])


@kind(
    "a guard taken out",
    0.65,
    "what it kept away is not told by types, such as a clinic's rule or a wait; the way it led is reached by "
    "another one",
)
def guard_taken_out(doc: Document) -> Changed:
    for path, step in doc.steps():
        if kind_of(step) == "if":
            yield f"{step['if']}", _without_guard(doc, path, step)


@kind(
    "a guard turned round",
    0.3,
    "both ways are sound on both answers, unless one of them uses what the condition found to be there",
)
def guard_turned(doc: Document) -> Changed:
    for path, step in doc.steps():
        if isinstance(condition := step.get("if"), str):
            yield condition, doc.changed((*path, "if"), f"not ({condition})")


@kind(
    "two steps exchanged",
    0.4,
    "two texts, or a text and a question, are as sound in the other order",
)
def steps_exchanged(doc: Document) -> Changed:
    for path, items in doc.lists():
        for number in range(len(items) - 1):
            made = [*items]
            made[number], made[number + 1] = made[number + 1], made[number]
            yield f"{path} {number}", doc.changed(path, made)


@kind("a step written twice")
def step_doubled(doc: Document) -> Changed:
    for path, items in doc.lists():
        for number, step in enumerate(items):
            if isinstance(step, dict) and "id" in step:
                yield f"{step['id']}", doc.changed(path, [*items[:number], step, *items[number:]])


@kind(
    "an ending told as solved",
    0.0,
    "a person has answered a question on every way there, or a check has passed; whether that says so, only "
    "the words of the question tell",
)
def told_as_solved(doc: Document) -> Changed:
    for path, step in doc.steps():
        if step.get("end") in ("stopped", "abandoned", "escalated"):
            yield f"{step['end']}", doc.changed((*path, "end"), "solved")


# -- who, and what must not be seen --------------------------------------------------------------------


@kind(
    "the audience widened",
    0.9,
    "the flow can be begun by itself, and everything in it is allowed to them as well; whom a flow is meant "
    "for, its author knows",
)
def audience_widened(doc: Document) -> Changed:
    audience = doc.top.get("audience")
    for each in Audience:
        if isinstance(audience, list) and each.value not in audience:
            yield each.value, doc.changed(("audience",), [*audience, each.value])


@kind(
    "can() taken out of a guard",
    0.3,
    "the flow is for those only who may call the action anyway; what a clinic's policy takes away is told "
    "when it comes to the call",
)
def can_taken_out(doc: Document) -> Changed:
    for path, step in doc.steps():
        condition = step.get("if")
        if isinstance(condition, str) and re.fullmatch(r"can\('[\w.]+'\)", condition):
            yield condition, _without_guard(doc, path, step)
    for spot in doc.expressions():
        for found in re.finditer(r"can\('[\w.]+'\) and | and can\('[\w.]+'\)", spot.value):
            changed = spot.value[: found.start()] + spot.value[found.end() :]
            yield f"{spot.named()} {found.group()}", doc.changed(spot.path, changed)
        if spot.path[-1] == "if" and "answers" in spot.path and re.fullmatch(r"can\('[\w.]+'\)", spot.value):
            yield f"{spot.named()} {spot.value}", doc.without(spot.path)


@kind("a secret put into a text")
def secret_in_text(doc: Document) -> Changed:
    planted = _with_secret(doc)
    for spot in planted.texts():
        if "planted" not in str(planted.at(spot.path[:-1])):
            yield spot.named(), planted.changed(spot.path, f"{spot.value} {{{{ planted }}}}")


@kind("a secret put into a condition or an argument")
def secret_in_expression(doc: Document) -> Changed:
    planted = _with_secret(doc)
    for spot in planted.expressions():
        yield spot.named(), planted.changed(spot.path, "planted")


@kind("a generated password shown")
def password_shown(doc: Document) -> Changed:
    for path, items in doc.lists():
        for number, step in enumerate(items):
            if isinstance(step, dict) and step.get("do") == "set_temporary_password":
                kept: Step = {**step, "save": step.get("save", "credential")}
                shown: Step = {"say": f"{{{{ {kept['save']}.secret }}}}"}
                if isinstance(step.get("then"), str):
                    shown["then"] = kept.pop("then")
                yield (
                    f"{step.get('id')}",
                    doc.changed(path, [*items[:number], kept, shown, *items[number + 1 :]]),
                )


# -- values --------------------------------------------------------------------------------------------


@kind("a fact read that is of another type")
def another_type(doc: Document) -> Changed:
    for path, values in keyed(doc, "with"):
        for name, value in values.items():
            if isinstance(value, str) and value != "today":
                yield name, doc.changed((*path, name), "[today]")


@kind(
    "two arguments exchanged",
    0.9,
    "both are of one type: two texts, or two answers of yes or no",
)
def arguments_exchanged(doc: Document) -> Changed:
    for path, values in keyed(doc, "with"):
        names = list(values)
        for one, two in pairwise(names):
            if values[one] != values[two]:
                made = {**values, one: values[two], two: values[one]}
                yield f"{one} and {two}", doc.changed(path, made)


@kind("a closing brace lost")
def brace_lost(doc: Document) -> Changed:
    for spot in doc.texts():
        for found in re.finditer(r"\}\}|%\}", spot.value):
            changed = spot.value[: found.start()] + spot.value[found.end() :]
            yield spot.named(), doc.changed(spot.path, changed)


@kind("an endif lost")
def endif_lost(doc: Document) -> Changed:
    for spot in doc.texts():
        for found in re.finditer(r"\{% endif %\}", spot.value):
            changed = spot.value[: found.start()] + spot.value[found.end() :]
            yield spot.named(), doc.changed(spot.path, changed)


@kind("a mark of bold text lost")
def mark_lost(doc: Document) -> Changed:
    for spot in doc.texts():
        for found in re.finditer(r"\*\*", spot.value):
            changed = spot.value[: found.start()] + spot.value[found.end() :]
            yield spot.named(), doc.changed(spot.path, changed)


# -- the file ------------------------------------------------------------------------------------------


@kind("a closing quote lost", 0.9, "in a longer text a quote is a sign like others")
def quote_lost(doc: Document) -> Changed:
    for number, line in _lines(doc):
        if re.search(r": \".*[^\\]\"$", line):
            yield f"line {number}", _with_line(doc, number, line[:-1])


@kind("a bracket lost")
def bracket_lost(doc: Document) -> Changed:
    for number, line in _lines(doc):
        if line.endswith(("]", "}")) and not line.endswith(("}}", "%}", "]]")) and ": " in line:
            yield f"line {number}", _with_line(doc, number, line[:-1])


@kind("a colon put into an unquoted text")
def colon_put(doc: Document) -> Changed:
    for number, line in _lines(doc):
        if re.match(r"\s*(?:- )?(?:say|ask|label|hand over): [A-Z][^:]*$", line):
            yield f"line {number}", _with_line(doc, number, re.sub(r"^(.*: \w+) ", r"\1: ", line, count=1))


@kind("the blank behind a dash lost")
def blank_lost(doc: Document) -> Changed:
    for number, line in _lines(doc):
        if re.match(r"\s*- [a-z][a-z ]*: ", line):
            yield f"line {number}", _with_line(doc, number, line.replace("- ", "-", 1))


@kind("a typographic dash before an item")
def dash_exchanged(doc: Document) -> Changed:
    for number, line in _lines(doc):
        if re.match(r"\s*- [a-z][a-z ]*: ", line):
            yield f"line {number}", _with_line(doc, number, line.replace("- ", "– ", 1))


@kind("a tab as indentation")
def tab_put(doc: Document) -> Changed:
    for number, line in _lines(doc):
        if line.startswith("    ") and re.match(r"\s+[\w-]+:", line):
            yield f"line {number}", _with_line(doc, number, "\t" + line.lstrip())


@kind(
    "a line indented by one more",
    0.8,
    "a line of a longer text may begin where it likes; the first key of its mapping takes the others along",
)
def line_indented(doc: Document) -> Changed:
    for number, line in _lines(doc):
        if line.strip() and not line.lstrip().startswith("#"):
            yield f"line {number}", _with_line(doc, number, " " + line)


@kind(
    "a line lost",
    0.6,
    "a line of a longer text, a note, or a step that others can do without",
)
def line_lost(doc: Document) -> Changed:
    for number, line in _lines(doc):
        if line.strip() and not line.lstrip().startswith("#"):
            yield f"line {number}", _with_line(doc, number, None)


def _lines(doc: Document) -> Iterator[tuple[int, str]]:
    yield from enumerate(doc.source.text.splitlines(), 1)


def _with_line(doc: Document, number: int, line: str | None) -> str:
    lines = doc.source.text.splitlines()
    lines[number - 1 : number] = [] if line is None else [line]
    return "\n".join(lines) + "\n"


def _without_guard(doc: Document, path: Path, step: Step) -> str:
    """The file in which an `if` always does what stands under its `then`."""
    then = step["then"]
    named = {"id": step["id"]} if "id" in step else {}
    if isinstance(then, str):
        return doc.changed(path, {**named, "go": then})
    assert isinstance(then, list)
    items, number = doc.at(path[:-1]), path[-1]
    assert isinstance(items, list)
    assert isinstance(number, int)
    first, *rest = then
    assert isinstance(first, dict)
    return doc.changed(path[:-1], [*items[:number], {**named, **first}, *rest, *items[number + 1 :]])


def _with_secret(doc: Document) -> Document:
    """The flow with a question for a secret at its beginning."""
    steps = doc.top["steps"]
    assert isinstance(steps, list)
    ask: Step = {"id": "plant", "ask": "What is it?", "kind": "secret", "save": "planted"}
    made = Document.__new__(Document)
    made.source, made.top = doc.source, {**doc.top, "steps": [ask, *steps]}
    return made


_WORDS: Final = frozenset("and or not in is if true false known unknown empty null else".split())


def _not_a_word(spot: Spot, found: re.Match[str]) -> bool:
    before = spot.value[: found.start()].rstrip()
    return found[1] not in _WORDS and not before.endswith(("|", " is", " is not"))


def _in_code(
    doc: Document,
    pattern: re.Pattern[str],
    wanted: Callable[[Spot, re.Match[str]], bool] = lambda spot, found: True,
) -> Changed:
    """Each place of the expressions at which the pattern's first group stands, mistyped."""
    for spot, start, end in doc.code():
        quoted = [(each.start(), each.end()) for each in re.finditer(r"'[^']*'", spot.value[start:end])]
        for found in pattern.finditer(spot.value, start, end):
            at = found.start(1) - start
            inside = any(first < at < last for first, last in quoted)
            is_literal = pattern.pattern.startswith("(?<=[=!]=") or "can" in pattern.pattern
            if inside != is_literal or not wanted(spot, found):
                continue
            changed = spot.value[: found.start(1)] + typo(found[1]) + spot.value[found.end(1) :]
            yield f"{spot.named()} {found[1]}", doc.changed(spot.path, changed)
