"""The step that asks a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, get_args

from engine.actions import Action
from engine.answers import Accepted, NotAccepted, Question, parse_answer
from engine.bounds import has_items
from engine.describe import as_written
from engine.display import display
from engine.effects import Choice, Prompt, PromptKind
from engine.expression_tree import ListOf
from engine.expressions import Expression
from engine.knowledge import Knowledge
from engine.nodes import Scalar
from engine.rich import NO_TEXT
from engine.schema import AnswerOption, Field, Shape
from engine.steps.base import ROUTED, Asking, Blueprint, Edge, Step, StepKind, Taken, Way
from engine.steps.do import Do
from engine.texts import Template, expressions
from engine.types import (
    DATE,
    NUMBER,
    SECRET,
    TEXT,
    TRUTH,
    ChoiceType,
    ListType,
    RecordType,
    Type,
    in_words,
    optional,
)
from engine.values import Value

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.flow import Tree
    from engine.run import Run

PICKED = "picked"
SKIPPED = "skipped"
LEAST_NEW = 8
"""No new secret is shorter than this (NIST SP 800-63B)."""
YES_NO = (Choice("yes", "Yes"), Choice("no", "No"))
_KINDS: tuple[PromptKind, ...] = get_args(PromptKind)
_TYPES: Mapping[PromptKind, Type] = {
    "yes-no": TRUTH,
    "text": TEXT,
    "email": TEXT,
    "phone": TEXT,
    "date": DATE,
    "number": NUMBER,
    "secret": SECRET,
}


class Ask(Asking, frozen=True):
    """Puts a question and waits. `routes` says where an answer's id leads; other answers go to `then`."""

    kind: PromptKind
    text: Template
    options: tuple[AnswerOption, ...]
    constant: tuple[Choice, ...] | None
    routes: Mapping[str, str]
    then: str
    save: str
    items: Expression | None
    label: Template | None
    detail: Template | None
    hint: Template | None
    optional: bool
    confirm: bool
    minimum: Scalar | None
    maximum: Scalar | None
    pattern: Scalar | None
    valid: Expression | None
    message: Template | None

    def edges(self) -> Iterator[Edge]:
        """One way for each answer, and one for all that have no way of their own."""
        for name, path in self.routes.items():
            yield Edge(name, path, self.place)
        ids = self.answer_ids()
        if not ids or any(name not in self.routes for name in ids):
            yield Edge("", self.then, self.place)

    def answer_ids(self) -> tuple[str, ...]:
        """Every id by which answers can be routed."""
        ids = [option.id.text for option in self.options]
        if self.kind == "yes-no":
            ids += ["yes", "no"]
        elif self.kind != "choice":
            ids.append(PICKED)
        if self.optional:
            ids.append(SKIPPED)
        return tuple(ids)

    def ways(self, trees: Mapping[str, Tree]) -> Iterator[Way]:
        """Every answer."""
        written = {option.id.text: option.id.place for option in self.options}
        for name in self.answer_ids():
            place = written.get(name) or self.plan.place_of_route(name)
            yield Way("answer", name, place, self.routes.get(name, self.then))

    def enter(self, run: Run) -> str | None:
        """Ask."""
        choices = self.constant if self.constant is not None else self._choices(run)
        leads = run.tree.leads.get(self.path)
        if leads:
            choices = tuple(self._with_effect(run, choice, leads.get(choice.id)) for choice in choices)
        hint = self.hint.render(run.env).text if self.hint is not None else ""
        text = self.text.render(run.env)
        run.ask(self.path, self.kind, text, choices, self.optional, hint, self.confirm, self._least())
        return None

    def answered(self, run: Run, prompt: Prompt, value: Value) -> Taken | NotAccepted:
        """Read the answer, validate it, save it, and route it."""
        answer = parse_answer(self._question(run, prompt), value)
        if isinstance(answer, NotAccepted):
            return self._refusal(run, answer)
        if not self._holds(run, answer):
            return self._refusal(run, NotAccepted("not_valid", "This answer cannot be right."))
        if self.save:
            run.set_fact(self.save, None if self._is_extra(answer) else self._saved(run, prompt, answer))
        for choice in prompt.choices:
            if choice.effect and choice.id == answer.choice:
                run.approved = choice
        way = self._routed_by(answer)
        told = _told(prompt, answer)
        return Taken(self.routes.get(way, self.then), _in_words(prompt, answer), way, told)

    def reads(self) -> Iterator[Expression]:
        """See `Asking.reads`."""
        texts = [self.text, self.label, self.detail, self.hint, self.message]
        texts += [option.label for option in self.options]
        conditions = [self.valid, *(option.condition for option in self.options)]
        for text in texts:
            if text is not None:
                yield from expressions(text.pieces)
        yield from (each for each in conditions if each is not None)

    def review(self, checking: Checking) -> None:
        """Each kind needs its own fields, and a route must be of an answer that exists."""
        from engine.checks.questions import review_question

        review_question(self, checking)

    def check(self, checking: Checking, known: Knowledge) -> None:
        """Its list, validation and saved fact must be of a fitting kind."""
        if self.save:
            checking.fact_name(self.save, self.plan.parts.place_of("save"))
        item = self._item_type(checking, known)
        if self.items is not None and item is None and self.kind in ("one", "several"):
            kind = checking.quietly_type_of(self.items, known)
            if kind is not None:
                checking.report(
                    "U314",
                    self.items.source.place,
                    f"`of` needs a list of records, and this is {in_words(kind)}.",
                )
        if item is not None and self.items is not None and self._may_have_no_answer(checking, known):
            words = f"`{' '.join(self.items.source.text.split())}` may be empty, and then there is no answer."
            repair = "Ask before whether it `is empty`, add an answer like `none`, or make it `optional`."
            checking.report("U326", self.items.source.place, words, None, repair)
        if item is not None and item.member("name") is None and "label" not in self.plan.parts.written:
            checking.report(
                "U223",
                self.place,
                f"Nothing says what is chosen from here: {in_words(item)} has no `name`.",
                None,
                'Add a `label`, such as `label: "{{ item.' + (item.names or ("name",))[0] + ' }}"`.',
            )
        if self.valid is not None:
            given = ListType(TEXT) if self.kind == "several" else _TYPES.get(self.kind, TEXT)
            checking.condition(self.valid, known.with_fact("answer", given))

    def _may_have_no_answer(self, checking: Checking, known: Knowledge) -> bool:
        """Whether there may be nothing to choose from here, so that nobody can answer."""
        if self.optional or self.items is None or any(each.condition is None for each in self.options):
            return False
        if self.kind == "several" and self.minimum is not None and self.minimum.value == 0:
            return False
        of = checking.path_of(self.items)
        written = isinstance(self.items.tree, ListOf) and self.items.tree.items
        return not (has_items(of, known.known) if of is not None else written)

    def scopes(self, checking: Checking, known: Knowledge) -> Mapping[int, Knowledge]:
        """The label and detail of an item see the item; the label of an answer knows that it is offered."""
        found = {
            id(option.label): checking.narrowed(option.condition, known)[0]
            for option in self.options
            if option.condition is not None
        }
        item = self._item_type(checking, known)
        if item is not None:
            with_item = known.with_fact("item", item)
            found.update({id(text): with_item for text in (self.label, self.detail) if text is not None})
        return found

    def labels_without_item(self, checking: Checking, known: Knowledge) -> list[Template]:
        """The label and detail of items of which a mistake in `of` keeps the type open."""
        if "of" not in self.plan.parts.written or self._item_type(checking, known) is not None:
            return []
        return [text for text in (self.label, self.detail) if text is not None]

    def after(self, checking: Checking, known: Knowledge) -> Mapping[str, Knowledge]:
        """The saved fact is set, and on some ways known to be there."""
        ways = dict.fromkeys(self.answer_ids(), known)
        for option in self.options:
            if option.condition is not None:
                ways[option.id.text] = checking.narrowed(option.condition, known)[0]
        kind = self._saved_type(checking, known)
        if not self.save or kind is None:
            return ways
        empty = self._saves_nothing()
        for name, there in ways.items():
            ways[name] = there.with_fact(self.save, optional(kind) if name in empty else kind)
        falls_empty = any(name not in self.routes for name in empty)
        ways[""] = known.with_fact(self.save, optional(kind) if falls_empty else kind)
        return ways

    def _saves_nothing(self) -> frozenset[str]:
        """The answers after which the saved fact is unknown."""
        extra = [option.id.text for option in self.options if self.kind != "choice"]
        return frozenset([*extra, *([SKIPPED] if self.optional else [])])

    def _saved_type(self, checking: Checking, known: Knowledge) -> Type | None:
        if self.kind == "choice":
            return ChoiceType(tuple(option.id.text for option in self.options))
        if self.kind in ("one", "several"):
            item = self._item_type(checking, known)
            return None if item is None else (item if self.kind == "one" else ListType(item))
        return _TYPES[self.kind]

    def _item_type(self, checking: Checking, known: Knowledge) -> RecordType | None:
        if self.items is None:
            return None
        kind = checking.quietly_type_of(self.items, known)
        return kind.of if isinstance(kind, ListType) and isinstance(kind.of, RecordType) else None

    def _choices(self, run: Run) -> tuple[Choice, ...]:
        if self.kind == "yes-no":
            return YES_NO
        listed = tuple(self._item(run, name, item) for name, item in self._by_id(run).items())
        offered = tuple(
            Choice(option.id.text, option.label.render(run.env).text)
            for option in self.options
            if option.condition is None or option.condition.holds(run.env)
        )
        return listed + offered

    def _by_id(self, run: Run) -> dict[str, Value]:
        """The items of the list, each under an id that no other has, nor an answer beside them."""
        value = self.items.evaluate(run.env) if self.items is not None else None
        taken = {option.id.text for option in self.options}
        found: dict[str, Value] = {}
        for number, item in enumerate(value if isinstance(value, list) else []):
            name = item_id(item, number)
            while name in taken or name in found:
                name = f"{name}-{number + 1}"
            found[name] = item
        return found

    def _item(self, run: Run, name: str, item: Value) -> Choice:
        env = {**run.env, "item": item}
        label = self.label.render(env).text if self.label is not None else _name(item)
        detail = self.detail.render(env).text if self.detail is not None else ""
        return Choice(name, label, "", detail)

    def _with_effect(self, run: Run, choice: Choice, path: str | None) -> Choice:
        """The choice with what choosing it does, if its call gets nothing that this answer decides."""
        step = run.tree.steps[path] if path is not None else None
        if not isinstance(step, Do) or (self.save and step.reads(self.save)):
            return choice
        return Choice(choice.id, choice.label, step.effect(run), choice.detail)

    def _question(self, run: Run, prompt: Prompt) -> Question:
        return Question(
            kind=self.kind,
            choices=prompt.choices,
            optional=self.optional,
            minimum=self._least() or (self.minimum.value if self.minimum is not None else None),
            maximum=self.maximum.value if self.maximum is not None else None,
            pattern=self.pattern.text if self.pattern is not None else None,
            today=run.today,
            longest=run.flow.limits.answer_characters,
            new=self.confirm,
        )

    def _least(self) -> int:
        """How many characters a secret must have."""
        if self.kind != "secret":
            return 0
        least = self.minimum.value if self.minimum is not None else None
        return max(least if isinstance(least, int) else 0, LEAST_NEW if self.confirm else 0)

    def _holds(self, run: Run, answer: Accepted) -> bool:
        """Whether an answer that was given is valid by the author's own condition."""
        if self.valid is None or answer.value is None:
            return True
        return self.valid.holds({**run.env, "answer": answer.value})

    def _refusal(self, run: Run, why: NotAccepted) -> NotAccepted:
        if self.message is None or why.code in ("empty", "stale"):
            return why
        return NotAccepted(why.code, self.message.render(run.env).text)

    def _is_extra(self, answer: Accepted) -> bool:
        """Whether it is one of the answers beside the records of a list."""
        return self.kind != "choice" and any(option.id.text == answer.choice for option in self.options)

    def _saved(self, run: Run, prompt: Prompt, answer: Accepted) -> Value:
        if self.kind not in ("one", "several"):
            return answer.value
        by_id = self._by_id(run)
        if self.kind == "one":
            return by_id.get(answer.choice) if answer.choice is not None else None
        if not isinstance(answer.value, list):
            return None
        return [by_id[each] for each in answer.value if isinstance(each, str) and each in by_id]

    def _routed_by(self, answer: Accepted) -> str:
        if answer.value is None:
            return SKIPPED
        if answer.choice is not None and (self.kind in ("choice", "yes-no") or self._is_extra(answer)):
            return answer.choice
        return PICKED


def item_id(item: Value, number: int) -> str:
    """The opaque id of an item of a list: the backend's own id, or its number from 1."""
    own = item.get("id") if isinstance(item, dict) else None
    return own if isinstance(own, str) else str(number + 1)


def _name(item: Value) -> str:
    return display(item.get("name") if isinstance(item, dict) else item)


def _in_words(prompt: Prompt, answer: Accepted) -> str:
    """The answer for the record: the id of a choice; typed words are not repeated."""
    if answer.choice is not None:
        return answer.choice
    return "(skipped)" if answer.value is None else f"({prompt.kind})"


def _told(prompt: Prompt, answer: Accepted) -> str:
    """The answer as the person who gave it would know it again; of a secret only that there was one."""
    if prompt.kind == "secret" and answer.value is not None:
        return "(secret)"
    labels = {choice.id: choice.label for choice in prompt.choices}
    if answer.choice is not None:
        return labels.get(answer.choice, answer.choice)
    if isinstance(answer.value, list):
        return ", ".join(labels.get(each, each) for each in answer.value if isinstance(each, str))
    return "(skipped)" if answer.value is None else as_written(answer.value)


def leads_to_call(
    routes: Mapping[str, str], steps: Mapping[str, Step], actions: Mapping[str, Action]
) -> dict[str, str]:
    """For each answer the path of the risky call it leads straight to."""
    found: dict[str, str] = {}
    for name, path in routes.items():
        step = steps.get(path)
        if isinstance(step, Do) and (action := actions.get(step.calls)) is not None and action.risk >= 2:
            found[name] = path
    return found


def _make(plan: Blueprint) -> Step | None:
    parts = plan.parts
    text = parts.texts.get("ask")
    word = parts.word("kind") or ("?" if "kind" in parts.written else None)
    kind = next((each for each in _KINDS if each == word), "choice" if word is None else None)
    if text is None or kind is None:
        return None
    routes = plan.routed()
    routes.update({each.id.text: plan.link(each.target) for each in parts.answers if each.target is not None})
    return Ask(
        plan,
        plan.path,
        plan.next,
        kind,
        text,
        parts.answers,
        _constant_choices(kind, parts.answers),
        routes,
        plan.then(),
        parts.word("save") or "",
        parts.expressions.get("of"),
        parts.texts.get("label"),
        parts.texts.get("detail"),
        parts.texts.get("hint"),
        parts.flags.get("optional", "optional" in parts.written),
        parts.flags.get("confirm", False),
        parts.bounds.get("min"),
        parts.bounds.get("max"),
        parts.bounds.get("pattern"),
        parts.expressions.get("valid"),
        parts.texts.get("message"),
    )


def _constant_choices(kind: PromptKind, options: tuple[AnswerOption, ...]) -> tuple[Choice, ...] | None:
    """The choices, if they are the same whenever the question is put."""
    if kind == "yes-no":
        return YES_NO
    if kind in ("one", "several"):
        return None
    labels = [option.label.constant for option in options if option.condition is None]
    if len(labels) < len(options) or any(label is None for label in labels):
        return None
    return tuple(Choice(option.id.text, (option.label.constant or NO_TEXT).text) for option in options)


ASK = StepKind(
    key="ask",
    doc="""Asks a person and waits. With `answers` it is a choice; otherwise `kind` says what is asked for.

    - id: junk
      ask: Is the email in {{ recipient.first_name }}'s junk folder?
      answers:
        found: {label: "Yes, it was there", then: rescue}
        missing: "No"

    - id: how-many
      ask: How many emails have arrived?
      kind: number
      min: 0
      save: arrived
    """,
    fields=(
        Field("ask", Shape.TEXT, "the question", required=True),
        Field("kind", Shape.WORD, "what is asked for", words=_KINDS),
        Field("answers", Shape.ANSWERS, "the answers to choose from"),
        Field("save", Shape.FACT, "the fact the answer is kept as"),
        Field("of", Shape.EXPRESSION, "the list of records to pick from (one, several)"),
        Field("label", Shape.TEXT, "how an `item` of the list is named"),
        Field("detail", Shape.TEXT, "what tells two items with one label apart"),
        Field("hint", Shape.TEXT, "what form the answer has"),
        Field("optional", Shape.FLAG, "whether it may be skipped"),
        Field("confirm", Shape.FLAG, "whether this is a new secret, typed twice and not an easy one"),
        Field("min", Shape.BOUND, "the least number, date, or number of characters"),
        Field("max", Shape.BOUND, "the greatest number, date, or number of characters"),
        Field("pattern", Shape.PATTERN, "the pattern that the whole answer matches"),
        Field("valid", Shape.EXPRESSION, "what must hold for the `answer`"),
        Field("message", Shape.TEXT, "what is said when the answer is not valid"),
        ROUTED,
    ),
    make=_make,
    needs_id=True,
)
