"""Broken YAML in plain words: which mistake of an author's stands behind what the parser says.

Knows the sentences of the YAML parser (libyaml and its Python twin) and the text of the file. Must not know
the parser itself, nor flows.
"""

from __future__ import annotations

import re

import msgspec

from engine.diagnostics import Diagnostic
from engine.finding import finding
from engine.source import Place, Source

_ENTRY = re.compile(r"\s*(?:- +)?[\w-]+:(?:\s|$)")
_GLUED_DASH = re.compile(r"\s*(-)[^\W\d_][\w ]*:(?:\s|$)")
_OTHER_DASH = re.compile(r"\s*([\u2010-\u2015\u2212\u2022\u00b7])\s*[\w ]+:(?:\s|$)")
_NO_COLON = re.compile(r"\s*- +([^\s:#'\"\[{|>][^:#]*)$")


class Trouble(msgspec.Struct, frozen=True):
    """Why the parser stopped: its words, and the spots (line and column from 1) it names.

    `began` is where the construct began that it could not finish; `quoted_from` and `quoted_until` the line
    and column at which the last quoted text began and ended, if there was one.
    """

    problem: str
    context: str
    line: int
    column: int
    began: tuple[int, int] | None = None
    quoted_until: tuple[int, int] | None = None
    quoted_from: tuple[int, int] | None = None


def explain(trouble: Trouble, source: Source, lines: list[str]) -> Diagnostic:
    """The finding for a file that the parser could not read on; `lines` are the lines of the file."""
    return _Explained(trouble, source, lines).finding()


class _Explained(msgspec.Struct, frozen=True):
    trouble: Trouble
    source: Source
    lines: list[str]

    def finding(self) -> Diagnostic:
        """The first explanation that fits, from the most special to the general one."""
        attempts = (
            self.tab,
            self.marked_word,
            self.directive,
            self.escape,
            self.open_quote,
            self.template,
            self.open_bracket,
            self.closing_bracket,
            self.dash,
            self.ended_early,
            self.reserved,
            self.colon,
            self.block,
            self.ended,
            self.no_colon,
            self.no_colon_above,
            self.indentation,
        )
        for attempt in attempts:
            found = attempt()
            if found is not None:
                return found
        return finding(
            "U001",
            self.here(),
            f"The file cannot be read from here on ({self.trouble.problem}).",
            "Expected: `name: value` lines, lists with `- `, and texts in quotes where they hold signs.",
        )

    def line(self) -> str:
        """The line on which the parser stopped."""
        row = self.trouble.line - 1
        return self.lines[row] if row < len(self.lines) else ""

    def here(self, length: int = 1) -> Place:
        """The spot at which it stopped; at the end of the file, the end of the last line with text."""
        line, column = self.trouble.line, self.trouble.column
        if line > len(self.lines) or not any(text.strip() for text in self.lines[line - 1 :]):
            written = [row for row, text in enumerate(self.lines, 1) if text.strip()]
            line = written[-1] if written else 1
            column = len(self.lines[line - 1].rstrip()) + 1 if written else 1
        return Place(self.source, line, column, length)

    def began(self, length: int = 1) -> Place:
        """The spot at which the unfinished construct began."""
        if self.trouble.began is None:
            return self.here(length)
        return Place(self.source, *self.trouble.began, length)

    def says(self, *words: str) -> bool:
        """Whether the parser's problem has one of these phrases."""
        return any(word in self.trouble.problem for word in words)

    def within(self, *words: str) -> bool:
        """Whether the parser was at one of these constructs."""
        return any(word in self.trouble.context for word in words)

    def tab(self) -> Diagnostic | None:
        """A tab where only spaces can indent."""
        if not self.says("tab") and not (self.says("cannot start any token") and self.at() == "\t"):
            return None
        tab = self.line().find("\t")
        place = Place(self.source, self.trouble.line, tab + 1) if tab >= 0 else self.here()
        return finding("U002", place, "A tab stands where spaces are needed.", None, "Indent with spaces.")

    def at(self) -> str:
        """The character at which it stopped."""
        return self.line()[self.trouble.column - 1 : self.trouble.column]

    def marked_word(self) -> Diagnostic | None:
        """`*bold`, `&and` or `!important` at the beginning of an unquoted text."""
        for word, code, sign in (("alias", "U008", "*"), ("anchor", "U007", "&"), ("tag", "U009", "!")):
            if self.within(f"scanning an {word}", f"scanning a {word}", f"parsing a {word}") or (
                word == "tag" and (self.within("parsing a node") or self.says("tag handle"))
            ):
                return finding(
                    code,
                    self.began(),
                    f"An unquoted text cannot begin with `{sign}`.",
                    None,
                    "Put the text in quotes, or below a `|`.",
                )
        return None

    def directive(self) -> Diagnostic | None:
        """A line with `%`."""
        if self.within("directive") or self.says("directive", "incompatible YAML"):
            return finding("U014", self.began(), "A `%` line stands at the beginning.", None, "Leave it out.")
        return None

    def escape(self) -> Diagnostic | None:
        """A backslash in double quotes that means nothing."""
        if not self.within("quoted") or not self.says("escape", "hexdecimal", "hexadecimal"):
            return None
        slash = self.line().rfind("\\", 0, self.trouble.column)
        place = Place(self.source, self.trouble.line, slash + 1, 2) if slash >= 0 else self.here()
        message = "In double quotes this backslash means nothing."
        return finding("U024", place, message, None, "Write `\\\\` for a backslash, or use single quotes.")

    def open_quote(self) -> Diagnostic | None:
        """A quote that is never closed."""
        if not self.within("quoted") or not self.says("unexpected end", "document indicator", "separator"):
            return None
        message = "The quote that opens here is never closed."
        return finding("U021", self.began(), message, None, "Close it with the same quote.")

    def open_bracket(self) -> Diagnostic | None:
        """A bracket that is never closed, or a comma that is missing."""
        if not self.within("flow") or self.trouble.began is None:
            return None
        row, column = self.trouble.began
        opening = self.lines[row - 1][column - 1 : column] if row <= len(self.lines) else ""
        if opening not in ("[", "{"):
            return None
        closing = "]" if opening == "[" else "}"
        here = self.trouble.column - 1
        if row == self.trouble.line and self.line()[here : here + 2] in ("{{", "{%"):
            # Within brackets, a text with places in it ends before the first of them: `{get: /a/{{ b }}}`.
            return template_unquoted(Place(self.source, row, here + 1, 2))
        if row == self.trouble.line and self.at():
            message = f"Here `,` or `{closing}` is missing."
            return finding("U021", self.here(), message, None, f"Every `{opening}` needs its `{closing}`.")
        quoted = self.trouble.quoted_from
        until = self.trouble.quoted_until
        if (
            quoted is not None
            and until is not None
            and quoted[0] == row < until[0]
            and self.swallowed(until[0])
        ):
            message = f"The quote that opens here is not closed before line {until[0]}."
            place = Place(self.source, *quoted)
            return finding("U021", place, message, None, "Close it where the text ends.")
        message = f"The `{opening}` that opens here is never closed."
        return finding("U021", self.began(), message, None, f"Close it with `{closing}`.")

    def closing_bracket(self) -> Diagnostic | None:
        """A bracket that closes nothing."""
        if not self.says("expected", "not allowed", "cannot start any token") or self.at() not in ("]", "}"):
            return None
        message = f"This `{self.at()}` closes nothing."
        return finding("U021", self.here(), message, None, "Take it out, or write the one that opens.")

    def ended_early(self) -> Diagnostic | None:
        """Text behind a closing quote: `'it's'`, or `"Yes" or no`."""
        until = self.trouble.quoted_until if self.trouble.quoted_from is not None else None
        if until is None or not self.says("expected", "not allowed"):
            return None
        line, column = until
        rest = self.line()[column - 1 :].partition(" #")[0].rstrip()
        if line != self.trouble.line or not rest or rest.lstrip().startswith(":"):
            return None
        if self.swallowed(line):
            message = f"The quote that opens here is not closed before line {line}."
            place = Place(self.source, *(self.trouble.quoted_from or (line, column)))
            return finding("U021", place, message, None, "Close it where the text ends.")
        place = Place(self.source, line, column, len(rest))
        repair = "Quote the whole text; inside single quotes write '' for one."
        return finding("U025", place, "The quoted text ends before this.", None, repair)

    def swallowed(self, until: int) -> bool:
        """Whether the last quoted text, which ends in the line `until`, took an entry of its own into itself:
        `a: "Yes` and below it `b: "No"`."""
        row = self.trouble.quoted_from[0] if self.trouble.quoted_from is not None else until
        return any(_ENTRY.match(line) for line in self.lines[row:until])

    def reserved(self) -> Diagnostic | None:
        """A sign that YAML keeps for itself at the beginning of a text."""
        if not self.says("cannot start any token"):
            return None
        message = f"An unquoted text cannot begin with `{self.at()}`."
        return finding("U022", self.here(), message, None, "Put the text in quotes.")

    def template(self) -> Diagnostic | None:
        """A text that begins with `{{`, which YAML takes for a mapping."""
        found = re.search(r"(?:^|[:\-,\[{] +)(\{[{%].*)", self.line())
        if found is None or not self.says("expected", "not allowed"):
            return None
        return template_unquoted(Place(self.source, self.trouble.line, found.start(1) + 1, 2))

    def colon(self) -> Diagnostic | None:
        """`say: Note: this` in one line."""
        before = self.line()[: self.trouble.column - 1]
        if not self.says("mapping values are not allowed") or not re.search(r"\S:\s", before):
            return None
        message = "A second `:` stands in an unquoted text."
        return finding("U019", self.here(), message, None, "Put the text in quotes, or below a `|`.")

    def block(self) -> Diagnostic | None:
        """Text behind `|` or `>` in the same line."""
        if not self.within("block scalar") or self.says("indentation", "leading"):
            return None
        message = "Behind `|` or `>` the line must end."
        return finding("U026", self.here(), message, None, "Begin the text in the next line, indented.")

    def ended(self) -> Diagnostic | None:
        """Something below a value that was already the whole file."""
        if not self.says("<document start>"):
            return None
        message = "What stands above is complete, so that nothing can follow it here."
        return finding("U001", self.here(), message, "Expected: a file of `name: value` lines.")

    def dash(self) -> Diagnostic | None:
        """`-say: Hello` without a blank, or another sign than a dash before an item of a list."""
        glued, other = _GLUED_DASH.match(self.line()), _OTHER_DASH.match(self.line())
        found = glued or other
        if found is None or not self.says("expected", "not allowed"):
            return None
        place = Place(self.source, self.trouble.line, found.start(1) + 1)
        if glued is not None:
            message = "Behind this dash a blank is missing."
        else:
            message = f"This `{found.group(1)}` is another sign than the dash that begins an item."
        return finding("U023", place, message, "Expected: `- name: value`.", "Write `- `.")

    def no_colon_above(self) -> Diagnostic | None:
        """`- id greeting`, which only shows in the line below it."""
        above = self.lines[self.trouble.line - 2] if 1 < self.trouble.line <= len(self.lines) else ""
        found = _NO_COLON.match(above.rstrip())
        if found is None or not self.says("mapping values are not allowed"):
            return None
        word = found.group(1).split(" ", 1)[0]
        place = Place(self.source, self.trouble.line - 1, found.start(1) + 1, len(found.group(1)))
        message = "This line has no `:` of its own."
        return finding("U023", place, message, "Expected: `name: value`.", f"Write `{word}: …`.")

    def no_colon(self) -> Diagnostic | None:
        """A line in a mapping that is no entry of it."""
        if not self.says("expected ':'"):
            return None
        row, column = self.trouble.began or (self.trouble.line, self.trouble.column)
        text = self.lines[row - 1][column - 1 :].rstrip() if row <= len(self.lines) else ""
        place = Place(self.source, row, column, max(len(text), 1))
        if "：" in text:
            return finding("U023", place, "This line has a wide colon (`：`).", None, "Write a plain `:`.")
        repair = "If it goes on with the text above, indent it more."
        return finding("U023", place, "This line has no `:` of its own.", "Expected: `name: value`.", repair)

    def indentation(self) -> Diagnostic | None:
        """A line that is indented more or less than those it belongs to."""
        if not self.says("expected", "not allowed", "indentation", "leading"):
            return None
        place = self.here()
        if self.says("mapping values are not allowed"):
            # The parser notices at the colon what is wrong with the beginning of the line.
            entry = _ENTRY.match(self.line())
            column = len(self.line()) - len(self.line().lstrip()) + 1
            place = Place(self.source, place.line, column) if entry is not None else place
        return finding(
            "U023",
            place,
            "This does not fit the lines above it.",
            "Expected: the entries of one list or mapping begin in the same column.",
            "Check the indentation.",
        )


def template_unquoted(place: Place) -> Diagnostic:
    """The finding for a text that begins with `{{` or `{%` and is not quoted."""
    message = "A text that begins with `{` must be in quotes."
    return finding("U020", place, message, None, "Put the whole text in quotes, or below a `|`.")
