"""From the characters of an expression to its tree, or to findings that say what is wrong and where.

The allow-list: of Jinja2's tree only the constructs listed here are taken over into ours; everything else is
refused with a reason and a repair. Types are not known here, and nothing is evaluated.
"""

from __future__ import annotations

import re
from typing import Final

from jinja2 import nodes

from engine.diagnostics import Diagnostic, did_you_mean
from engine.expression_scanner import (
    SPLIT,
    Refusal,
    Token,
    bound_size,
    parsed_by_jinja,
    quoted,
    shortened,
    tokens_of,
)
from engine.expression_tree import (
    TESTS,
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
    Operator,
    Test,
    TestName,
    Tree,
    children,
)
from engine.filters import FILTERS
from engine.finding import finding
from engine.limits import Limits
from engine.nodes import Scalar
from engine.source import Place

_PATH = re.compile(r"\s*([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)\s*", re.ASCII)
_NO_NAMES = frozenset(
    {"true", "false", "null", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else"}
)
_OPERATORS: Final[dict[str, Operator]] = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "lteq": "<=",
    "gt": ">",
    "gteq": ">=",
    "in": "in",
    "notin": "not in",
}
_TEST_NAMES: Final[dict[str, TestName]] = {name: name for name in TESTS}
_SIMILAR_TESTS: Final = {
    "defined": "known",
    "undefined": "unknown",
    "none": "unknown",
    "null": "unknown",
    "set": "known",
    "missing": "unknown",
    "yes": "true",
    "no": "false",
}
_REFUSED: Final[dict[type[nodes.Node], tuple[str, str]]] = {
    nodes.Call: ("only `can('action')` can be called", "Use a filter, such as `x | lower`, or an action."),
    nodes.Getitem: ("items cannot be picked by number or key", "Use `| first`, `| last`, or a member."),
    nodes.CondExpr: ("`… if … else …` is not known here", "Use an `if` step, or {% if %} in a text."),
    nodes.Concat: ("texts are not joined with `~`", "Write a text with {{ }}, or use `| join`."),
    nodes.Dict: ("records cannot be written in an expression", "Name the facts one by one."),
    nodes.Tuple: ("a list is written in square brackets", "Write `[a, b]`."),
}
_CALCULATION = ("a flow does not calculate", "Have an action return the value you need.")
# Jinja2 gives these the line of their neighbours; their operands know better.
_JOINING: Final = (nodes.BinExpr, nodes.Compare, nodes.Concat)


def spot(node: Scalar, start: int, end: int) -> Place:
    """The place of the characters from `start` to `end` of a scalar, cut at the end of its first line."""
    line_end = node.text.find("\n", start)
    if start <= line_end < end:
        end = line_end
    return node.at(start, max(end - start, 1))


def read_expression(
    node: Scalar, start: int, end: int, limits: Limits
) -> tuple[Tree | None, tuple[Diagnostic, ...]]:
    """The tree of the expression between two offsets of a scalar's text, or what is wrong with it.

    Never raises for anything an author can write.
    """
    text = node.text[start:end]
    simple = _simple_path(text, start, limits)
    if simple is not None:
        return simple, ()
    try:
        bound_size(text, start, limits)
        tokens = tokens_of(text, limits)
        builder = _Builder(node, start, tokens)
        tree = builder.tree(parsed_by_jinja(text, tokens))
        if tree is not None:
            _bound_depth(tree, limits)
        return tree, tuple(builder.findings)
    except Refusal as refused:
        place = spot(node, start + refused.start, start + refused.end)
        return None, (finding(refused.code, place, refused.message, repair=refused.repair),)
    except RecursionError:
        place = spot(node, start, end)
        return None, (finding("U118", place, "This is nested too deeply.", repair=SPLIT),)


def _simple_path(text: str, base: int, limits: Limits) -> Tree | None:
    """The tree of `a` or `a.b.c`, which most expressions are, without the parser; None if it is another."""
    if len(text) > limits.template_characters or "__" in text:
        return None
    found = _PATH.fullmatch(text)
    names = found[1].split(".") if found is not None else []
    if found is None or len(names) > limits.expression_depth or not _NO_NAMES.isdisjoint(names):
        return None
    start = base + found.start(1)
    end = start + len(names[0])
    tree: Tree = Name(names[0], start, end)
    for name in names[1:]:
        at, end = end + 1, end + 1 + len(name)
        tree = Member(tree, name, at, start, end)
    return tree


def _bound_depth(tree: Tree, limits: Limits) -> None:
    """Refuse a tree too deep for the recursive stages after this one."""
    level: list[Tree] = [tree]
    for _ in range(limits.expression_depth):
        level = [child for each in level for child in children(each)]
        if not level:
            return
    raise Refusal("U118", 0, 1, "This is nested too deeply.", SPLIT)


class _Builder:
    """Takes over what is allowed from Jinja2's tree, and says what is not."""

    def __init__(self, node: Scalar, base: int, tokens: list[Token]) -> None:
        self.findings: list[Diagnostic] = []
        self._node = node
        self._base = base
        self._tokens = tokens
        self._index = {token.start: number for number, token in enumerate(tokens)}

    def tree(self, parsed: nodes.Expr) -> Tree | None:
        """Our tree for a node of Jinja2's; None where something in it is refused."""
        match parsed:
            case nodes.Const() | nodes.Name() | nodes.Neg():
                return self._leaf(parsed)
            case nodes.Getattr():
                return self._member(parsed)
            case nodes.And() | nodes.Or():
                return self._joined(parsed)
            case nodes.Not():
                of = self.tree(parsed.node)
                if of is None:
                    return None
                return Not(of, min(self._base + parsed.lineno, of.start), of.end)
            case nodes.Compare():
                return self._compare(parsed)
            case nodes.Test():
                return self._test(parsed)
            case nodes.Filter():
                return self._filter(parsed)
            case nodes.Call():
                return self._call(parsed)
            case nodes.List():
                return self._list(parsed)
            case _:
                return self._refuse(parsed)

    def _leaf(self, parsed: nodes.Const | nodes.Name | nodes.Neg) -> Tree | None:
        if isinstance(parsed, nodes.Neg):
            return self._negative(parsed)
        start = self._base + parsed.lineno
        end = self._base + self._tokens[self._index[parsed.lineno]].end
        if isinstance(parsed, nodes.Const):
            return Constant(_plain(parsed), start, end)
        if parsed.name == "null":
            return Constant(None, start, end)
        return Name(parsed.name, start, end) if self._good_name(parsed.name, start) else None

    def _negative(self, parsed: nodes.Neg) -> Tree | None:
        inner = self.tree(parsed.node)
        value = inner.value if isinstance(inner, Constant) else None
        if inner is None or isinstance(value, bool | str) or value is None:
            return self._refuse(parsed)
        return Constant(-value, self._base + parsed.lineno, inner.end)

    def _member(self, parsed: nodes.Getattr) -> Tree | None:
        of = self.tree(parsed.node)
        token = self._tokens[self._index[parsed.lineno] + 1]
        at = self._base + token.start
        if not self._good_name(parsed.attr, at) or of is None:
            return None
        return Member(of, parsed.attr, at, of.start, at + len(parsed.attr))

    def _joined(self, parsed: nodes.And | nodes.Or) -> Tree | None:
        left, right = self.tree(parsed.left), self.tree(parsed.right)
        if left is None or right is None:
            return None
        kind = Both if isinstance(parsed, nodes.And) else Either
        return kind(left, right, left.start, right.end)

    def _compare(self, parsed: nodes.Compare) -> Tree | None:
        left = self.tree(parsed.expr)
        rights = [self.tree(operand.expr) for operand in parsed.ops]
        if left is None or None in rights:
            return None
        right = rights[0]
        if right is None or len(rights) > 1:
            message = "Only two values can be compared at once."
            return self._found("U102", parsed, message, "Write `a < x and x < b`.")
        return Compare(_OPERATORS[parsed.ops[0].op], left, right, left.start, right.end)

    def _test(self, parsed: nodes.Test) -> Tree | None:
        of = self.tree(parsed.node)
        after = self._index[parsed.lineno] + 1
        token = self._tokens[after + 1 if self._tokens[after].text == "not" else after]
        at = self._base + token.start
        name = _TEST_NAMES.get(parsed.name)
        if name is None:
            similar = _SIMILAR_TESTS.get(parsed.name)
            repair = f"Did you mean `{similar}`?" if similar else did_you_mean(parsed.name, TESTS)
            self._report(
                "U113",
                at,
                at + len(parsed.name),
                f"There is no test `is {parsed.name}`.",
                repair,
                f"The tests are {', '.join(TESTS)}.",
            )
            return None
        if parsed.args or parsed.kwargs or parsed.dyn_args or parsed.dyn_kwargs:
            return self._found("U102", parsed, f"`is {name}` stands by itself.", "Remove what follows it.")
        return None if of is None else Test(of, name, at, of.start, at + len(name))

    def _filter(self, parsed: nodes.Filter) -> Tree | None:
        if parsed.node is None:
            return self._refuse(parsed)
        of = self.tree(parsed.node)
        at = self._base + parsed.lineno
        if parsed.kwargs or parsed.dyn_args or parsed.dyn_kwargs:
            return self._found("U102", parsed, "Arguments have no names here.", "Write `| default('text')`.")
        if parsed.name not in FILTERS:
            near, names = did_you_mean(parsed.name, FILTERS), f"The filters are {', '.join(FILTERS)}."
            message = f"There is no filter `{parsed.name}`."
            self._report("U112", at, at + len(parsed.name), message, near, names)
            return None
        args = [self.tree(each) for each in parsed.args]
        literals = tuple(each for each in args if isinstance(each, Constant))
        if len(literals) < len(args):
            if None not in args:
                message = f"`{parsed.name}` takes a literal, such as 'text'."
                self._found("U115", parsed, message, "Write the value in quotes.")
            return None
        if of is None:
            return None
        end = self._base + self._end_of_arguments(self._index[parsed.lineno]) if literals else at
        return Filtered(of, parsed.name, literals, at, of.start, max(end, at + len(parsed.name)))

    def _end_of_arguments(self, index: int) -> int:
        """Past the bracket that closes the arguments behind the token at `index`."""
        depth = 0
        for token in self._tokens[index + 1 :]:
            depth += _opening(token)
            if depth <= 0:
                return token.end
        return self._tokens[-1].end

    def _call(self, parsed: nodes.Call) -> Tree | None:
        name = parsed.node
        args = parsed.args
        if not isinstance(name, nodes.Name) or name.name != "can":
            return self._refuse(parsed)
        literal = self.tree(args[0]) if len(args) == 1 else None
        named = parsed.kwargs or parsed.dyn_args or parsed.dyn_kwargs
        if not isinstance(literal, Constant) or not isinstance(literal.value, str) or named:
            message = "`can` takes the name of one action in quotes."
            return self._found("U102", parsed, message, "Write `can('action')`.")
        return Can(literal.value, literal.start, self._base + name.lineno, literal.end + 1)

    def _list(self, parsed: nodes.List) -> Tree | None:
        items = [self.tree(item) for item in parsed.items]
        good = tuple(item for item in items if item is not None)
        if len(good) < len(items):
            return None
        start = self._base + parsed.lineno
        return ListOf(good, start, self._base + self._extent(parsed)[1])

    def _good_name(self, name: str, start: int) -> bool:
        if not name.startswith("_") and "__" not in name:
            return True
        message = f"`{name}`: a name cannot begin with `_` or hold `__`."
        self._report("U102", start, start + len(name), message, "Name a fact or a declared member.")
        return False

    def _refuse(self, parsed: nodes.Expr) -> Tree | None:
        words, repair = (
            _CALCULATION
            if isinstance(parsed, nodes.BinExpr | nodes.UnaryExpr)
            else (
                "this is not known in an expression",
                "Use names, members, comparisons, tests and filters.",
            )
        )
        words, repair = _REFUSED.get(type(parsed), (words, repair))
        start, end = self._extent(parsed)
        text = self._node.text[self._base :][: self._tokens[-1].end]
        bare = quoted(text) if isinstance(parsed, nodes.Sub) else None
        if bare is not None:
            message = f"`{shortened(text)}` reads as a subtraction, and {words}."
            self._report("U116", self._base, self._base + len(text), message, bare)
            return None
        shown = shortened(self._node.text[self._base + start : self._base + end])
        message = f"`{shown}`: {words}."
        self._report("U102", self._base + start, self._base + end, message, repair)
        return None

    def _found(self, code: str, parsed: nodes.Expr, message: str, repair: str) -> Tree | None:
        start, end = self._extent(parsed)
        self._report(code, self._base + start, self._base + end, message, repair)
        return None

    def _report(
        self,
        code: str,
        start: int,
        end: int,
        message: str,
        repair: str | None,
        expected: str | None = None,
    ) -> None:
        self.findings.append(finding(code, spot(self._node, start, end), message, expected, repair))

    def _extent(self, parsed: nodes.Node) -> tuple[int, int]:
        """From the first to past the last character of everything in a node, closing brackets included."""
        every = [parsed, *parsed.find_all(nodes.Expr)]
        offsets = [each.lineno for each in every if not isinstance(each, _JOINING)]
        last = self._index[max(offsets)]
        depth = 0
        for token in self._tokens[self._index[min(offsets)] : last + 1]:
            depth += _opening(token)
        while depth > 0 and last + 1 < len(self._tokens):
            last += 1
            depth += _opening(self._tokens[last])
        return min(offsets), self._tokens[last].end


def _opening(token: Token) -> int:
    if token.kind != "operator":
        return 0
    return (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))


def _plain(parsed: nodes.Const) -> bool | int | float | str | None:
    value: object = parsed.value
    return value if isinstance(value, bool | int | float | str) else None
