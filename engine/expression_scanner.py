"""From the characters of an expression to Jinja2's tree of it, or to a refusal in plain words.

Jinja2 is used to read, never to run. It counts lines; its lexer is made to count characters here, so that
every node and every error has its exact place. Size and nesting are bounded before its parser, which is
recursive, sees anything. What of the tree is allowed is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import Lexer
from jinja2.parser import Parser

from engine.limits import Limits

_BARE_TEXT = re.compile(r"\w[\w'’,-]*(?:[ -]+[\w'’,-]+)*[.!?]?")
_BARE_DAY = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])")
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,15})?")
_ESCAPES = re.compile(r"\\(?![\\'\"])")
SPLIT: Final = "Split it into several steps, or save parts of it with `set`."


_QUOTES: Final = "“”„‘’‚«»`"
_FOREIGN: Final = {
    "&": "Write `and`.",
    "!": "Write `not x`, or `x != y`.",
    "$": "Write the name of a fact without `$`.",
    "?": "Use an `if` step, or {% if %} in a text.",
    **dict.fromkeys(_QUOTES, "Use straight quotes: '…'."),
}
_ENDS: Final = ("got 'end of", "unexpected 'end of")
_TOKEN_WORDS: Final = {
    "rparen": ")",
    "lparen": "(",
    "rbracket": "]",
    "lbracket": "[",
    "rbrace": "}",
    "lbrace": "{",
    "name": "a name",
    "string": "a text in quotes",
    "comma": ",",
    "colon": ":",
}


class _OffsetLexer(Lexer):
    """Jinja2's lexer, with the offset of a token where its line would be, in errors too."""

    def tokeniter(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        offset = 0
        try:
            for _, kind, text in super().tokeniter(source, name, filename, state):
                yield offset, kind, text
                offset += len(text)
        except TemplateSyntaxError as error:
            raise TemplateSyntaxError(error.message or "", offset) from None


class _OffsetEnvironment(Environment):
    """An environment whose lexer counts characters."""

    def __init__(self) -> None:
        super().__init__(keep_trailing_newline=True)
        self._offset_lexer = _OffsetLexer(self)

    @property
    def lexer(self) -> Lexer:
        return self._offset_lexer


_ENVIRONMENT: Final = _OffsetEnvironment()
_LEXER: Final = _ENVIRONMENT.lexer


class Refusal(Exception):
    """Stops reading an expression; carries the finding."""

    def __init__(self, code: str, start: int, end: int, message: str, repair: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.start = start
        self.end = end
        self.message = message
        self.repair = repair


class Token(msgspec.Struct, frozen=True):
    start: int
    kind: str
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def bound_size(text: str, base: int, limits: Limits) -> None:
    if not text.strip():
        raise Refusal("U128", 0, 1, "There is no expression here.", "Write a fact, or remove the key.")
    if len(text) > limits.template_characters:
        raise Refusal(
            "U117",
            0,
            1,
            f"This expression has {len(text)} characters; {limits.template_characters} are allowed.",
            SPLIT,
        )
    for offset, character in enumerate(text):
        if not character.isprintable() and character not in "\n\t ":
            raise Refusal(
                "U119",
                offset,
                offset + 1,
                f"There is an invisible character (U+{ord(character):04X}) in this expression.",
                "Type the line again.",
            )


def tokens_of(text: str, limits: Limits) -> list[Token]:
    """The significant tokens, after everything that can be refused without a tree."""
    tokens: list[Token] = []
    try:
        for start, kind, value in _LEXER.tokeniter(text, None, None, "variable"):
            if kind in ("data", "variable_end") or (kind == "operator" and value == "{"):
                _refuse_braces(text, start, value)
            if kind != "whitespace":
                tokens.append(Token(start, kind, value))
    except TemplateSyntaxError as error:
        raise _unreadable(text, error.lineno, error.message or "") from None
    _bound_nesting(tokens, limits)
    _refuse_bare_days(text, tokens)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        _check_token(token, following)
    return tokens


def _refuse_bare_days(text: str, tokens: list[Token]) -> None:
    """Refuse `2026-11-23` without quotes, which would be a calculation."""
    for found in _BARE_DAY.finditer(text):
        if not any(each.kind == "string" and each.start < found.start() < each.end for each in tokens):
            repair = f"Put it in quotes: '{found.group()}'."
            raise Refusal("U101", found.start(), found.end(), "A date is written in quotes.", repair)


def _refuse_braces(text: str, start: int, value: str) -> None:
    if value != "{" or text.startswith(("{{", "{%", "{#"), start):
        raise Refusal(
            "U120",
            start,
            start + 2,
            "An expression is written without braces.",
            "Leave out {{ and }}; they belong into texts.",
        )


def _unreadable(text: str, offset: int, message: str) -> Refusal:
    """What the lexer could not read, in plain words."""
    character = text[offset : offset + 1]
    bare = quoted(text)
    if bare is not None and character == "'":
        return Refusal("U116", 0, len(text.rstrip()), f"`{shortened(text)}` is no expression.", bare)
    if character in ("'", '"'):
        return Refusal(
            "U101",
            offset,
            offset + 1,
            "This quote is never closed.",
            f"Put a {character} at the end of the text.",
        )
    if character in (")", "]", "}"):
        expected = message.partition(", expected '")[2][:1]
        tail = f" A `{expected}` must come first." if expected else ""
        return Refusal(
            "U101",
            offset,
            offset + 1,
            f"`{character}` closes no bracket.{tail}",
            "Make the brackets match.",
        )
    return Refusal(
        "U101",
        offset,
        offset + 1,
        f"`{character}` has no meaning in an expression.",
        _FOREIGN.get(character) or quoted(text),
    )


def _bound_nesting(tokens: list[Token], limits: Limits) -> None:
    """Refuse what would take the recursive parser too deep: brackets, and rows of prefixes."""
    opened: list[Token] = []
    prefixes = 0
    for token in tokens:
        if token.kind == "operator" and token.text in ("(", "["):
            opened.append(token)
        elif token.kind == "operator" and token.text in (")", "]"):
            opened.pop()
        prefixes = prefixes + 1 if token.text in ("not", "-", "+") else 0
        if len(opened) + prefixes > limits.expression_depth:
            raise Refusal("U118", token.start, token.end, "This is nested too deeply.", SPLIT)
    if opened:
        last = opened[-1]
        closing = ")" if last.text == "(" else "]"
        raise Refusal(
            "U101", last.start, last.end, "This bracket is never closed.", f"Write {closing} after it."
        )


def _check_token(token: Token, following: Token | None) -> None:
    match token.kind:
        case "string":
            if (escape := _ESCAPES.search(token.text)) is not None:
                at = token.start + escape.start()
                raise Refusal(
                    "U119", at, at + 2, "Only \\', \\\" and \\\\ can follow a backslash.", "Write \\\\."
                )
            if following is not None and following.kind == "string":
                raise Refusal(
                    "U101", following.start, following.end, "Two texts stand side by side.", "Put a comma."
                )
        case "integer" | "float":
            if not _NUMBER.fullmatch(token.text):
                raise Refusal(
                    "U119",
                    token.start,
                    token.end,
                    f"`{token.text}` is not a number that can be used here.",
                    "Write at most 15 digits before and after the point, such as 12 or 0.5.",
                )
        case "name":
            if token.text in ("if", "else"):
                raise Refusal(
                    "U102",
                    token.start,
                    token.end,
                    f"`{token.text}` is not known inside an expression.",
                    "Use an `if` step, or {% if %} in a text.",
                )
        case "operator":
            if token.text == "=":
                raise Refusal(
                    "U101", token.start, token.end, "`=` does not compare.", "Write `==` to compare."
                )


def parsed_by_jinja(text: str, tokens: list[Token]) -> nodes.Expr:
    """Jinja2's own tree of the expression; its `lineno` are offsets."""
    try:
        parser = Parser(_ENVIRONMENT, text, state="variable")
        parsed = parser.parse_expression()
        rest = parser.stream.current
        if parser.stream.eos:
            return parsed
        offset, message = rest.lineno, ""
    except TemplateSyntaxError as error:
        offset, message = error.lineno, error.message or ""
    raise _misread(text, tokens, offset, message)


def _misread(text: str, tokens: list[Token], offset: int, message: str) -> Refusal:
    """What the parser could not read, in plain words."""
    token = next((each for each in tokens if each.start >= offset), None)
    at_end = token is None or any(words in message for words in _ENDS) or tokens[-1].text == "."
    expected = message.partition("expected token '")[2].partition("'")[0]
    wanted = f" `{_TOKEN_WORDS.get(expected, expected)}` is missing." if expected else ""
    bare = quoted(text)
    if bare is not None:
        return Refusal("U116", 0, len(text.rstrip()), f"`{shortened(text)}` is no expression.", bare)
    if "chain" in message:
        return Refusal(
            "U101", offset, offset + 2, "Only one `is` can follow a value.", "Join two with `and`."
        )
    if token is None or at_end:
        end = len(text.rstrip())
        return Refusal(
            "U101",
            end - 1,
            end,
            f"The expression ends too early.{wanted}",
            "Complete it, or remove the last word.",
        )
    return Refusal(
        "U101",
        token.start,
        token.end,
        f"`{shortened(token.text)}` is not expected here.{wanted}",
        _FOREIGN.get(token.text) or "Put `and`, `or` or a comparison before it, or remove it.",
    )


def quoted(text: str) -> str | None:
    """The repair for words that were meant as a text, or None if it does not look like one."""
    words = text.strip()
    inside = set(re.split(r"[^\w]+", words))
    if not _BARE_TEXT.fullmatch(words) or not inside.isdisjoint({"and", "or", "not", "is", "in"}):
        return None
    if words[:1].isdigit() or not re.search(r"[ -]", words):
        return None
    quote = '"' if "'" in words else "'"
    return f"If a text is meant, put it in quotes: {quote}{words}{quote}."


def shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 40 else words[:39] + "…"
