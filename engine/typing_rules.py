"""The types of expressions: what each part is, what is wrong with it, and what is known after it.

Narrowing: `x is known`, `x is true`, a condition `x` and their combinations with and, or and not say which
optional values are there; paths are names and chains of members (`portal.online_access`). Comparisons say
which words a choice cannot be any more (`engine.ruled_out`), and how great a number or a date can still be
(`engine.bounds`). Nothing here knows steps or runs anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final, assert_never

import msgspec

from engine.actions import Audience
from engine.bounds import COUNT, TURNED, Between, Measure, between, bound_notes, items_notes, measured
from engine.diagnostics import Diagnostic, did_you_mean, in_reading_order
from engine.expression_tree import (
    Both,
    Can,
    Compare,
    Constant,
    Either,
    Filtered,
    ListOf,
    Member,
    Name,
    Not,
    Test,
    Tree,
    path,
)
from engine.expressions import Expression
from engine.filters import FILTERS, Misuse, literal_type
from engine.finding import finding
from engine.misfit import misfit
from engine.ruled_out import fact_of, notes, remaining, words_of
from engine.types import (
    DATE,
    NOTHING,
    TEXT,
    TRUTH,
    ChoiceType,
    DateType,
    IdType,
    ListType,
    MomentType,
    NothingType,
    NumberType,
    OptionalType,
    RecordType,
    SecretType,
    TextType,
    TruthType,
    Type,
    fits,
    in_words,
    join,
    optional,
    present,
    record,
)

NOWHERE: Final[frozenset[str]] = frozenset()


class Scope(msgspec.Struct, frozen=True):
    """What an expression can see: the facts with their types, the paths known to be there with the notes of
    what they cannot be, and the names of all actions (for `can`). `unsure` are facts that some ways do not
    set, which is reported on its own."""

    facts: Mapping[str, Type]
    known: frozenset[str] = NOWHERE
    actions: frozenset[str] = NOWHERE
    unsure: frozenset[str] = NOWHERE

    def knowing(self, paths: frozenset[str]) -> Scope:
        """The same scope where these paths are known to be there as well."""
        return self if paths <= self.known else msgspec.structs.replace(self, known=self.known | paths)


class Checked(msgspec.Struct, frozen=True):
    """What checking showed. `type` is None where a finding leaves it open. `when_true` and `when_false` are
    the paths known to be there, and what they cannot be, if the expression holds, or does not; `can('x')`
    counts as the path `allowed_path('x')`."""

    type: Type | None
    when_true: frozenset[str] = NOWHERE
    when_false: frozenset[str] = NOWHERE
    findings: tuple[Diagnostic, ...] = ()


def allowed_path(action: str) -> str:
    """The path that is known where `can()` was asked about the action and said yes."""
    return f"can:{action}"


ME = optional(IdType(frozenset({"client", "contact"})))
"""The type of `me`: the client, or the contact of one, who is signed in, if somebody is."""


def facts_everywhere(labels: Iterable[str]) -> Mapping[str, Type]:
    """The types of the facts that every expression can see; `labels` are the names in the vocabulary."""
    return {
        "today": DATE,
        "audience": ChoiceType(tuple(each.value for each in Audience)),
        "me": ME,
        "labels": record("vocabulary", dict.fromkeys(labels, TEXT)),
    }


def check_expression(expression: Expression, scope: Scope, wanted: Type | None = None) -> Checked:
    """The type of an expression in a scope, and everything wrong with it, in reading order.

    `wanted` is the type its value must have; it only serves to recognise a word that lacks its quotes
    (whether the value fits is the caller's question). A secret is allowed as the whole expression only.
    """
    checker = _Checker(expression, scope)
    checked = checker.check(expression.tree, scope, _Use(wanted, whole=True))
    return Checked(checked.type, checked.when_true, checked.when_false, in_reading_order(checker.findings))


def check_condition(expression: Expression, scope: Scope) -> Checked:
    """The same for an expression that decides something: it must be true or false, or something that may
    be unknown (then it asks whether it is known)."""
    checker = _Checker(expression, scope)
    checked = checker.condition(expression.tree, scope)
    return Checked(checked.type, checked.when_true, checked.when_false, in_reading_order(checker.findings))


def type_of_part(expression: Expression, part: Tree, scope: Scope) -> Type | None:
    """The type of one part of an expression; nothing is reported."""
    return _Checker(expression, scope).check(part, scope, _Use(whole=True)).type


def condition_part(expression: Expression, part: Tree, scope: Scope) -> Checked:
    """What is known where one part of a condition holds, and where it does not; nothing is reported."""
    checked = _Checker(expression, scope).condition(part, scope)
    return Checked(checked.type, checked.when_true, checked.when_false)


class _Use(msgspec.Struct, frozen=True):
    """How the value of a part is used: what type would be right, and whether it is the whole."""

    wanted: Type | None = None
    whole: bool = False


_PART: Final = _Use()


class _Checker(msgspec.Struct):
    """Collects the findings of one expression."""

    expression: Expression
    outermost: Scope
    findings: list[Diagnostic] = msgspec.field(default_factory=list)

    def check(self, tree: Tree, scope: Scope, use: _Use = _PART) -> Checked:
        match tree:
            case Constant(value=value):
                return Checked(literal_type(value))
            case Name() | Member():
                return self._path(tree, scope, use)
            case ListOf():
                return Checked(self._list(tree, scope, use))
            case Filtered():
                return Checked(self._filtered(tree, scope))
            case Not(of=of):
                inner = self.condition(of, scope)
                return Checked(TRUTH, inner.when_false, inner.when_true)
            case Both():
                return self._both(tree, scope)
            case Either():
                return self._either(tree, scope)
            case Compare():
                self._compare(tree, scope)
                return self._compared(tree, scope)
            case Test():
                return self._test(tree, scope)
            case Can():
                return self._can(tree)
            case _:
                assert_never(tree)

    def condition(self, tree: Tree, scope: Scope) -> Checked:
        """A part that decides: true or false, or known or not."""
        checked = self.check(tree, scope)
        match checked.type:
            case TruthType() if isinstance(tree, Constant):
                message = f"{self._shown(tree)} is the same every time, and decides nothing."
                self._report("U129", tree, message, "Take the question out, or ask about a value.")
                return checked
            case TruthType() if isinstance(tree, Name | Member) and (of := path(tree)) is not None:
                return self._decided(tree, of, ("true",), ("true", "false"), scope)
            case None | TruthType():
                return checked
            case OptionalType(of=TruthType()):
                self._report(
                    "U106",
                    tree,
                    f"{self._shown(tree)} may be unknown, and this does not say what happens then.",
                    f"Write `{self._words(tree)} is true`, `is false` or `is known`.",
                )
            case OptionalType():
                known = path(tree)
                return Checked(TRUTH, frozenset({known} if known else ()))
            case SecretType():
                self._secret(tree)
            case kind:
                self._report(
                    "U110",
                    tree,
                    f"{self._shown(tree)} is {in_words(kind)}; a condition is true or false.",
                    _condition_repair(self._words(tree), kind),
                )
        return Checked(None)

    def _both(self, tree: Both, scope: Scope) -> Checked:
        left = self.condition(tree.left, scope)
        right = self.condition(tree.right, scope.knowing(left.when_true))
        when_false = left.when_false & (left.when_true | right.when_false)
        return Checked(TRUTH, left.when_true | right.when_true, when_false)

    def _either(self, tree: Either, scope: Scope) -> Checked:
        left = self.condition(tree.left, scope)
        right = self.condition(tree.right, scope.knowing(left.when_false))
        when_true = left.when_true & (left.when_false | right.when_true)
        return Checked(TRUTH, when_true, left.when_false | right.when_false)

    def _can(self, tree: Can) -> Checked:
        if tree.action not in self.outermost.actions:
            self._report_at(
                "U114",
                tree.at,
                tree.end - 1,
                f"There is no action `{tree.action}`.",
                did_you_mean(tree.action, self.outermost.actions),
            )
        # Who may give a parameter of an action may call the action.
        asked = {tree.action, tree.action.partition(".")[0]}
        return Checked(TRUTH, frozenset(allowed_path(name) for name in asked))

    def _path(self, tree: Name | Member, scope: Scope, use: _Use) -> Checked:
        kind = self._name(tree, scope, use) if isinstance(tree, Name) else self._member(tree, scope)
        if isinstance(kind, OptionalType) and path(tree) in scope.known:
            kind = kind.of
        if isinstance(kind, SecretType | OptionalType) and not use.whole:
            self._refuse_secret(tree, kind)
        return Checked(kind)

    def _refuse_secret(self, tree: Tree, kind: Type) -> None:
        if isinstance(present(kind), SecretType):
            self._secret(tree)

    def _secret(self, tree: Tree) -> None:
        self._report(
            "U111",
            tree,
            f"{self._shown(tree)} is a secret: nothing can look at it.",
            "Pass it on as it is, to an action that takes a secret.",
        )

    def _name(self, tree: Name, scope: Scope, use: _Use) -> Type | None:
        kind = scope.facts.get(tree.name)
        if kind is not None:
            return kind
        wanted = None if use.wanted is None else present(use.wanted)
        quoted = f"Put it in quotes: '{tree.name}'."
        if isinstance(wanted, ChoiceType) and tree.name in wanted.options:
            self._report("U116", tree, f"`{tree.name}` is not a fact, but a text without quotes.", quoted)
            return None
        if isinstance(wanted, TruthType) and tree.name in _SAID_FOR_TRUTHS:
            self._report(
                "U103", tree, f"`{tree.name}`: no such fact.", f"Write {_SAID_FOR_TRUTHS[tree.name]}."
            )
            return None
        repair = did_you_mean(tree.name, scope.facts)
        if repair is None and (isinstance(wanted, TextType) or (use.whole and wanted is None)):
            meant = f"if a text is meant, put it in quotes: '{tree.name}'."
            repair = f"Set it before, or {meant}" if wanted is None else f"{meant[0].upper()}{meant[1:]}"
        self._report(
            "U103", tree, f"`{tree.name}`: no such fact.", repair or "Set it before, or check the spelling."
        )
        return None

    def _member(self, tree: Member, scope: Scope) -> Type | None:
        base = self.check(tree.of, scope, _Use(whole=False)).type
        if base is None or isinstance(present(base), SecretType):
            return None
        words = f"`{self._words(tree)}`"
        if isinstance(base, OptionalType):
            self._unknown(tree.of, "it has no members then")
            return None
        end = tree.at + len(tree.name)
        if not isinstance(base, RecordType):
            message = f"{words}: {self._shown(tree.of)} is {in_words(base)}, which has no members."
            self._report_at("U105", tree.at, end, message, f"Write `{self._words(tree.of)}` alone.")
            return None
        kind = base.member(tree.name)
        if kind is None:
            near = did_you_mean(tree.name, base.names)
            if near is not None:
                message = f"{words}: no such member; {near[0].lower()}{near[1:]}"
                self._report_at("U104", tree.at, end, message, None)
            else:
                expected = f"{in_words(base).capitalize()} has {', '.join(base.names) or 'no members'}."
                self._report_at("U104", tree.at, end, f"{words}: no such member.", None, expected)
        return kind

    def _list(self, tree: ListOf, scope: Scope, use: _Use) -> Type | None:
        wanted = present(use.wanted) if use.wanted is not None else None
        item_use = _Use(wanted.of if isinstance(wanted, ListType) else None)
        kinds = [self._present(item, scope, "a list holds what is there", item_use) for item in tree.items]
        if None in kinds:
            return None
        together: Type = NOTHING
        for item, kind in zip(tree.items, kinds, strict=True):
            if kind is None:
                continue
            if isinstance(kind, NothingType):
                self._unknown(item, "a list holds what is there")
                return None
            if isinstance(kind, ListType):
                # Lists of lists of the same list would grow without end in a few lines.
                message = f"{self._shown(item)} is {in_words(kind)}, and a list cannot hold another."
                self._report("U127", item, message, "Make a list of records, texts or numbers.")
                return None
            both = join(together, kind) if not isinstance(together, NothingType) else kind
            if both is None:
                message = (
                    f"{self._shown(item)} is {in_words(kind)}, the items before it {in_words(together)}."
                )
                self._report("U127", item, message, "Make a list of items of one kind.")
                return None
            together = both
        return ListType(together)

    def _present(self, tree: Tree, scope: Scope, otherwise: str, use: _Use = _PART) -> Type | None:
        """The type of a part that must be there."""
        kind = self.check(tree, scope, use).type
        if isinstance(kind, OptionalType):
            if not isinstance(kind.of, SecretType):
                self._unknown(tree, otherwise)
            return None
        if isinstance(kind, SecretType):
            return None
        return kind

    def _unknown(self, tree: Tree, otherwise: str) -> None:
        known = path(tree)
        words = self._words(tree)
        repair = (
            f"Ask first: `{words} is known`." if known else f"Save `{words}` with `set`, then ask `is known`."
        )
        message = f"{self._shown(tree)} may be unknown; {otherwise}."
        self._report("U106", tree, message, repair)

    def _filtered(self, tree: Filtered, scope: Scope) -> Type | None:
        found = FILTERS[tree.name]
        if found.takes_unknown:
            kind = self.check(tree.of, scope).type
            kind = None if kind is not None and isinstance(present(kind), SecretType) else kind
        else:
            kind = self._present(tree.of, scope, f"`{tree.name}` needs a value")
        least, most = found.arguments
        if not least <= len(tree.args) <= most:
            count = str(least) if least == most else f"{least} or {most}"
            message = (
                f"`{tree.name}` takes {count} argument{'' if count == '1' else 's'}, not {len(tree.args)}."
            )
            self._report_at("U115", tree.at, tree.end, message, _filter_example(tree.name))
            return None
        if kind is None:
            return None
        result = found.check(kind, tuple(arg.value for arg in tree.args))
        if not isinstance(result, Misuse):
            return result
        start, end = (tree.args[0].start, tree.args[0].end) if result.argument else (tree.start, tree.end)
        message = f"`{tree.name}` does not fit: {result.message}."
        self._report_at("U115", start, end, message, result.repair, result.expected)
        return None

    def _test(self, tree: Test, scope: Scope) -> Checked:
        kind = self.check(tree.of, scope).type
        if kind is None or isinstance(present(kind), SecretType):
            return Checked(TRUTH)
        of = path(tree.of)
        there = frozenset({of} if of is not None and isinstance(kind, OptionalType) else ())
        inner = present(kind)
        match tree.name:
            case "known":
                self._never_unknown(tree, kind, scope)
                return Checked(TRUTH, there, NOWHERE)
            case "unknown":
                self._never_unknown(tree, kind, scope)
                return Checked(TRUTH, NOWHERE, there)
            case "true" | "false":
                if not isinstance(inner, TruthType):
                    self._wrong_test(tree, inner, f"`is {tree.name}` asks a value that is true or false.")
                elif of is not None:
                    sure = not isinstance(kind, OptionalType)
                    decided = self._decided(tree, of, (tree.name,), ("true", "false"), scope, sure)
                    return Checked(TRUTH, decided.when_true | there, decided.when_false)
                return Checked(TRUTH, there, NOWHERE)
            case "empty":
                if not isinstance(inner, ListType | TextType):
                    self._wrong_test(tree, inner, "`is empty` asks a list or a text.")
                listed = items_notes(of)[0] if of is not None and isinstance(inner, ListType) else NOWHERE
                return Checked(TRUTH, NOWHERE, there | listed)
            case _:
                assert_never(tree.name)

    def _never_unknown(self, tree: Test, kind: Type, scope: Scope) -> None:
        """Report that it is asked whether something is known which cannot be otherwise here."""
        of = path(tree.of)
        if isinstance(kind, OptionalType | NothingType) or (of is not None and fact_of(of) in scope.unsure):
            return
        always = "always" if tree.name == "known" else "never"
        message = f"{self._shown(tree.of)} is never unknown here, so this {always} holds."
        self._report("U129", tree, message, "Take the question out, or ask about another value.")

    def _compared(self, tree: Compare, scope: Scope) -> Checked:
        """What a comparison with written values says about the value that is compared."""
        return self._measured(tree, scope) or self._one_of_words(tree, scope)

    def _measured(self, tree: Compare, scope: Scope) -> Checked | None:
        """What a comparison of a number, a date or a moment with a written one says about it. Reports where
        the comparisons before it have decided it already."""
        one, other, comparison = tree.left, tree.right, tree.operator
        if comparison == "in" or comparison == "not in":
            return None
        if isinstance(one, Constant):
            one, other, comparison = other, one, TURNED[comparison]
        of = _path_or_count(one)
        measure = measured(other.value) if isinstance(other, Constant) else None
        if of is None or measure is None or not isinstance(other, Constant):
            return None
        kind = _Checker(self.expression, self.outermost).check(one, scope, _Use(whole=True)).type
        if not _is_kind_of(measure, kind):
            return None
        there = between(of, scope.known)
        if not there.is_empty():
            self._settled(tree, of, there, there.answers(comparison, measure), scope)
        return Checked(TRUTH, *bound_notes(of, comparison, other.value))

    def _settled(self, tree: Tree, of: str, there: Between, holds: bool | None, scope: Scope) -> None:
        """Report a comparison that always holds, or never."""
        where = f"`{of}` is {there.in_words()}"
        if holds is False:
            repair = "Take it out, or look at the comparisons before it: they have decided this already."
            self._report("U130", tree, f"{self._shown(tree)} never holds here: {where}.", repair)
        elif holds and fact_of(of) not in scope.unsure:
            repair = "Take the question out, or ask about another value."
            self._report("U131", tree, f"{self._shown(tree)} always holds here: {where}.", repair)

    def _one_of_words(self, tree: Compare, scope: Scope) -> Checked:
        """What a comparison of a choice with written words says about the choice."""
        one, other = tree.left, tree.right
        if tree.operator in ("==", "!=") and isinstance(one, Constant):
            one, other = other, one
        of = path(one)
        among = other.items if isinstance(other, ListOf) else (other,)
        words = tuple(
            each.value for each in among if isinstance(each, Constant) and isinstance(each.value, str)
        )
        if of is None or tree.operator not in ("==", "!=", "in", "not in") or len(words) != len(among):
            return Checked(TRUTH)
        kind = _Checker(self.expression, self.outermost).check(one, scope, _Use(whole=True)).type
        options = words_of(kind) if isinstance(kind, ChoiceType) else ()
        if not options or not set(words) <= set(options):
            return Checked(TRUTH)
        if tree.operator in ("==", "in"):
            return self._decided(tree, of, words, options, scope)
        rest = tuple(word for word in options if word not in words)
        return self._decided(tree, of, rest, options, scope)

    def _decided(
        self,
        tree: Tree,
        of: str,
        words: tuple[str, ...],
        options: tuple[str, ...],
        scope: Scope,
        sure: bool = True,
    ) -> Checked:
        """What is known where the value at `of` is one of `words`, and where it is not. Reports when it can
        be none of them any more, and when it can be nothing else; `sure`: it is not unknown."""
        left = remaining(of, options, scope.known)
        only = f"`{of}` can only be {' or '.join(left)}"
        if left and not set(words) & set(left):
            repair = "Take it out, or look at the questions before it: they have decided this already."
            self._report("U130", tree, f"{self._shown(tree)} never holds here: {only}.", repair)
        elif left and sure and set(left) <= set(words) and fact_of(of) not in scope.unsure:
            repair = "Take the question out, or ask about another value."
            self._report("U131", tree, f"{self._shown(tree)} always holds here: {only}.", repair)
        return Checked(TRUTH, notes(of, [word for word in options if word not in words]), notes(of, words))

    def _wrong_test(self, tree: Test, kind: Type, expected: str) -> None:
        message = f"{self._shown(tree.of)} is {in_words(kind)}."
        self._report("U110", tree, message, "Compare it, or ask `is known`.", expected)

    def _compare(self, tree: Compare, scope: Scope) -> None:
        """Both sides must be there, and be of kinds that can be compared so."""
        one, other = path(tree.left), path(tree.right)
        if (one is not None and one == other) or {type(tree.left), type(tree.right)} == {Constant}:
            what = "a value with itself" if one is not None else "two written values"
            message = f"{self._shown(tree)} compares {what}, which decides nothing."
            self._report("U129", tree, message, "Take the question out, or compare with another value.")
        left = self._side(tree.left, tree.right, scope)
        if isinstance(tree.right, ListOf) and tree.operator in ("in", "not in"):
            self._one_of(tree, tree.right, left, scope)
            return
        right = self._side(tree.right, tree.left, scope)
        if left is None or right is None:
            return
        if isinstance(left, NothingType) or isinstance(right, NothingType):
            other = self._words(tree.right if isinstance(left, NothingType) else tree.left)
            message = "Nothing is compared with null."
            self._report("U107", tree, message, f"Write `{other} is unknown`, or `{other} is known`.")
            return
        if tree.operator in ("in", "not in"):
            self._contained(tree, left, right)
        elif tree.operator in ("==", "!="):
            self._alike(tree.left, left, tree.right, right, tree)
        else:
            self._ordered(tree, left, right)

    def _one_of(self, tree: Compare, among: ListOf, left: Type | None, scope: Scope) -> None:
        """Each item of a written list is compared by itself."""
        for item in among.items:
            kind = self._present(item, scope, "it cannot be compared then", _Use(left))
            if kind is not None and left is not None:
                self._alike(tree.left, left, item, kind, item)

    def _side(self, tree: Tree, other: Tree, scope: Scope) -> Type | None:
        """The type of one side; a bare word may be one of the choices of the other side."""
        wanted = None
        if isinstance(tree, Name) and isinstance(other, Name | Member):
            probe = _Checker(self.expression, self.outermost)
            wanted = probe.check(other, scope, _Use(whole=True)).type
            wanted = wanted.of if isinstance(wanted, ListType) else wanted
        return self._present(tree, scope, "it cannot be compared then", _Use(wanted))

    def _contained(self, tree: Compare, left: Type, right: Type) -> None:
        match right:
            case ListType(of=NothingType()):
                return
            case ListType(of=item):
                self._alike(tree.left, left, tree.right, present(item), tree)
            case TextType() if fits(left, TEXT):
                return
            case TextType():
                self._incomparable(tree, left, right)
            case _:
                message = (
                    f"{self._shown(tree.right)} is {in_words(right)}; `{tree.operator}` looks into a list."
                )
                self._report("U107", tree.right, message, "Write a list, such as `['a', 'b']`.")

    def _alike(self, one: Tree, left: Type, other: Tree, right: Type, where: Tree) -> None:
        """Two values can be equal only if they are of one kind, and a choice only one of its options."""
        for tree, kind, against in ((one, left, right), (other, right, left)):
            if isinstance(tree, Constant) and self._literal(tree, kind, against):
                return
        if not _comparable(left, right):
            self._incomparable(where, left, right)

    def _literal(self, tree: Constant, kind: Type, against: Type) -> bool:
        """Whether a literal's comparison is settled: reported, or right although the types differ."""
        value = tree.value
        if not isinstance(value, str):
            return False
        if isinstance(against, ChoiceType) and value not in against.options:
            near = did_you_mean(value, against.options)
            expected = f"The values are {', '.join(against.options)}."
            self._report("U108", tree, f"'{value}' is none of the values it can have.", near, expected)
            return True
        if isinstance(against, DateType | MomentType):
            if misfit(value, against) is not None:
                message = f"'{value}' is not {in_words(against)}."
                self._report("U107", tree, message, _ISO_REPAIR[isinstance(against, DateType)])
            return True
        return False

    def _ordered(self, tree: Compare, left: Type, right: Type) -> None:
        for side, kind, other in ((tree.left, left, right), (tree.right, right, left)):
            if isinstance(side, Constant) and isinstance(other, DateType | MomentType):
                if not self._literal(side, kind, other):
                    self._incomparable(tree, left, right)
                return
        for side, kind in ((tree.left, left), (tree.right, right)):
            if not isinstance(kind, NumberType | DateType | MomentType):
                words = "text" if isinstance(kind, ChoiceType) else in_words(kind)
                message = f"{self._shown(side)} is {words}, which has no order."
                expected = f"`{tree.operator}` compares numbers, dates and moments."
                self._report("U109", side, message, "Compare with `==` or `in`.", expected)
                return
        if left != right:
            self._incomparable(tree, left, right)

    def _incomparable(self, where: Tree, left: Type, right: Type) -> None:
        message = f"{_upper_first(in_words(left))} and {in_words(right)} cannot be compared."
        ids = isinstance(left, IdType) or isinstance(right, IdType)
        repair = "An id is compared with another id only." if ids else "Compare values of one kind."
        self._report("U107", where, message, self._otherwise_compared(where, left, right) or repair)

    def _otherwise_compared(self, where: Tree, left: Type, right: Type) -> str | None:
        """How a number or a truth is compared that was compared with its name in quotes."""
        if not isinstance(where, Compare):
            return None
        sides = ((where.left, left, where.right), (where.right, right, where.left))
        for tree, kind, other in sides:
            value = other.value if isinstance(other, Constant) else None
            if not isinstance(value, str):
                continue
            if isinstance(kind, NumberType) and _A_NUMBER.fullmatch(value):
                return f"A number stands without quotes: `{value}`."
            if isinstance(kind, TruthType):
                truth = _SAID_FOR_TRUTHS.get(value, value)
                test = "is not" if where.operator == "!=" else "is"
                said = truth if truth in ("true", "false") else "true"
                return f"Write `{self._words(tree)} {test} {said}`."
        return None

    def _words(self, tree: Tree) -> str:
        words = " ".join(self.expression.source.text[tree.start : tree.end].split())
        return words if len(words) <= 60 else words[:59] + "…"

    def _shown(self, tree: Tree) -> str:
        return f"`{self._words(tree)}`"

    def _report(
        self, code: str, tree: Tree, message: str, repair: str | None, expected: str | None = None
    ) -> None:
        self._report_at(code, tree.start, tree.end, message, repair, expected)

    def _report_at(
        self, code: str, start: int, end: int, message: str, repair: str | None, expected: str | None = None
    ) -> None:
        self.findings.append(finding(code, self.expression.place_at(start, end), message, expected, repair))


def _is_kind_of(measure: Measure, kind: Type | None) -> bool:
    """Whether a written value is of the kind of what it is compared with."""
    match kind:
        case NumberType():
            return isinstance(measure, int | float)
        case MomentType():
            return isinstance(measure, datetime)
        case DateType():
            return isinstance(measure, date) and not isinstance(measure, datetime)
        case _:
            return False


def _path_or_count(tree: Tree) -> str | None:
    """What the notes of a value's bounds are kept under: its path, or that of the list that is counted."""
    if isinstance(tree, Filtered) and tree.name == "count":
        of = path(tree.of)
        return of + COUNT if of is not None else None
    return path(tree)


_A_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_SAID_FOR_TRUTHS: Final = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_ISO_REPAIR: Final = {
    True: "Write a date as '2026-11-23'.",
    False: "Write a moment as '2026-11-23T09:30:00Z'.",
}


def _filter_example(name: str) -> str:
    argument = {"default": "('none')", "only": "('is_primary')", "without": "('is_primary')"}.get(name, "")
    return f"Write `| {name}{argument}`."


def _condition_repair(words: str, kind: Type) -> str:
    match kind:
        case ListType():
            return f"Write `{words} is empty`, or `not {words} is empty`."
        case ChoiceType(options=options) if options:
            return f"Compare it: `{words} == '{options[0]}'`."
        case TextType():
            return f"Compare it: `{words} == '…'`, or ask `{words} is empty`."
        case NumberType():
            return f"Compare it: `{words} > 0`."
        case RecordType():
            return f"Ask one of its members, such as `{words}.{next(iter(kind.names), 'name')}`."
        case _:
            return "Compare it with something."


def _comparable(left: Type, right: Type) -> bool:
    """Whether values of the two types can ever be equal."""
    left, right = present(left), present(right)
    match left, right:
        case (ChoiceType(options=one), ChoiceType(options=other)):
            return not set(one).isdisjoint(other)
        case (IdType(of=one_kind), IdType(of=other_kind)):
            return not one_kind.isdisjoint(other_kind)
        case (ChoiceType(), IdType()) | (IdType(), ChoiceType()):
            return False
        case (TextType() | ChoiceType() | IdType(), TextType() | ChoiceType() | IdType()):
            return True
        case (ListType(of=one_item), ListType(of=other_item)):
            empty = isinstance(one_item, NothingType) or isinstance(other_item, NothingType)
            return empty or _comparable(one_item, other_item)
        case (RecordType(), RecordType()):
            return fits(left, right) or fits(right, left)
        case _:
            return left == right


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
