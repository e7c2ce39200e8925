"""The one place where text leaves for a terminal or a plain stream. Everything that goes through here
has been made safe by the layout; nothing else in the console writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, TextIO

from adapters.console.layout import Line, Row, columns, lines, row
from adapters.console.theme import ASCII, PLAIN_THEME, STYLES, UNICODE, Marks
from adapters.sanitise import shown

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import FormattedText
    from prompt_toolkit.output import ColorDepth, Output
    from prompt_toolkit.styles import Style

WIDEST = 88
PLAIN_WIDTH = 80
FIRST_WORD = 2.0
"""After so many seconds a wait is told where nothing can be taken back; then after three times as many."""


class Screen(Protocol):
    """Where rows are shown. `marks` are the signs that fit it."""

    @property
    def marks(self) -> Marks:
        """The signs to draw with."""
        ...

    @property
    def width(self) -> int:
        """The columns there are for text now."""
        ...

    @property
    def takes_keys(self) -> bool:
        """Whether single keys are read there, and not only lines."""
        ...

    def lay(self, rows: Iterable[Row]) -> list[Line]:
        """The rows as safe lines of the present width, without showing them."""
        ...

    def show(self, rows: Iterable[Row]) -> None:
        """Show the rows below what is there."""
        ...

    def waiting(self, words: str, seconds: float) -> None:
        """Show that what `words` say has been going on for so long; called again and again."""
        ...

    def wait_over(self) -> None:
        """Take away what `waiting` showed, as far as the screen can."""
        ...


class PlainScreen:
    """A stream without colours or cursor: a pipe, a file, a dumb terminal, a screen reader."""

    takes_keys = False

    def __init__(self, stream: TextIO, *, ascii: bool = False, width: int = PLAIN_WIDTH) -> None:
        self._stream = stream
        self._ascii = ascii or not takes_unicode(stream)
        self.width = min(width, WIDEST)
        self.marks = ASCII if self._ascii else UNICODE
        self._patience = FIRST_WORD

    def lay(self, rows: Iterable[Row]) -> list[Line]:
        """See `Screen.lay`."""
        return lines(rows, self.width, ascii=self._ascii)

    def show(self, rows: Iterable[Row]) -> None:
        """See `Screen.show`. Raises BrokenPipeError when nobody reads any more."""
        for line in self.lay(rows):
            self._stream.write("".join(text for _, text in line).rstrip() + "\n")
        self._stream.flush()

    def waiting(self, words: str, seconds: float) -> None:
        """See `Screen.waiting`. A line now and then: nothing can be taken back here."""
        if seconds >= self._patience:
            self._patience = 3 * self._patience
            self.show([Row((("", f"{words}{self.marks.more} {seconds:.0f} s"),), (("", "  "),))])

    def wait_over(self) -> None:
        """See `Screen.wait_over`."""
        self._patience = FIRST_WORD

    def ask_with(self, sign: str) -> None:
        """Write the sign after which the person types, and stay on its line."""
        self._stream.write(sign + " ")
        self._stream.flush()


class TerminalScreen:
    """A real terminal, drawn on through prompt_toolkit. `color_depth` None: what the terminal can."""

    takes_keys = True

    def __init__(
        self,
        output: Output,
        color_depth: ColorDepth | None,
        *,
        ascii: bool = False,
        theme: str = PLAIN_THEME,
    ) -> None:
        from prompt_toolkit.styles import Style

        self.output = output
        self.color_depth = color_depth
        self.style: Style = Style.from_dict(dict(STYLES[theme]))
        self.ascii = ascii
        self.marks = ASCII if ascii else UNICODE

    @property
    def width(self) -> int:
        """The columns for text, one less than the terminal has: the last one makes some terminals wrap."""
        return min(self.output.get_size().columns - 1, WIDEST)

    @property
    def height(self) -> int:
        """The lines the terminal has now."""
        return self.output.get_size().rows

    def lay(self, rows: Iterable[Row]) -> list[Line]:
        """See `Screen.lay`."""
        return lines(rows, self.width, ascii=self.ascii)

    def show(self, rows: Iterable[Row]) -> None:
        """See `Screen.show`."""
        self._draw(self.formatted(self.lay(rows)))

    def waiting(self, words: str, seconds: float) -> None:
        """See `Screen.waiting`. A line that is drawn over itself."""
        steps = self.marks.spinner
        sign = steps[int(seconds * 8) % len(steps)]
        end = f"  {seconds:.0f} s"
        room = max(self.width - len(sign) - len(end) - 4, 1)
        line = self.lay([row(words, "", "")])[0]
        text = "".join(part for _, part in line)
        cut = text if columns(text) <= room else text[: max(room - 1, 0)] + self.marks.more[:1]
        self.output.hide_cursor()
        self._over_itself([("class:mine", f"  {sign} "), ("", cut), ("class:faint", end)])

    def wait_over(self) -> None:
        """See `Screen.wait_over`."""
        self._over_itself([])
        self.output.show_cursor()
        self.output.flush()

    def send(self, sequence: str) -> None:
        """A sequence of our own for the terminal itself."""
        self.output.write_raw(sequence)
        self.output.flush()

    def _over_itself(self, fragments: list[tuple[str, str]]) -> None:
        from prompt_toolkit.formatted_text import FormattedText

        self.output.write_raw("\r")
        self.output.erase_end_of_line()
        self._draw(FormattedText(fragments))

    def _draw(self, fragments: FormattedText) -> None:
        from prompt_toolkit import print_formatted_text

        print_formatted_text(
            fragments,
            end="",
            style=self.style,
            output=self.output,
            color_depth=self.color_depth,
            include_default_pygments_style=False,
        )

    def formatted(self, laid: Iterable[Line]) -> FormattedText:
        """Safe lines in the form prompt_toolkit draws, each with its line end."""
        from prompt_toolkit.formatted_text import FormattedText

        fragments = FormattedText()
        for line in laid:
            fragments += [(f"class:{style}" if style else "", text) for style, text in line]
            fragments.append(("", "\n"))
        return fragments


def takes_unicode(stream: TextIO) -> bool:
    """Whether every character can be written to the stream."""
    return (stream.encoding or "utf-8").lower().replace("-", "") in ("utf8", "utf8sig", "utf16", "utf32")


def say(stream: TextIO, text: str) -> None:
    """Write plain text, its own line ends kept and every line made safe; for what is not a conversation.

    Raises BrokenPipeError when nobody reads any more.
    """
    ascii = not takes_unicode(stream)
    for line in text.split("\n"):
        stream.write(shown(line, ascii=ascii) + "\n")
    stream.flush()
