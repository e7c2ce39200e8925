"""A conversation that is written down beforehand, so that the console can be tried without a driver."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from adapters.onlooker import UnderWay
from adapters.view import View
from engine import (
    Block,
    Choice,
    Did,
    Failure,
    Finish,
    Given,
    Outcome,
    Outline,
    OutlineLine,
    Problem,
    Prompt,
    PromptKind,
    RichText,
    Span,
    Standing,
    Value,
    plain,
)

EMPTY = View("s-1", 0, (), (), None, None, None, None, None)
NAUGHTY = [
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x9b31m",
    "over\rwritten",
    "two\nlines",
    "tab\there",
    "\u202egnp.exe",
    "\u2066left\u2069",
    "zero\u200bwidth",
    "\x00nul\x08back\x7f",
    "\ud800half",
    "\U000e0041tag",
    "sep\u2028line",
    "{{ 7 * 7 }}{% raw %}",
    "<b>bold</b> &amp; <ansired>x</ansired>",
    "%s %d {0} $HOME `ls`",
    "a" + "\u0301" * 30,
    "[[a → b]] **bold** [x](javascript:alert)",
]


def prompt(
    kind: PromptKind, text: str, *choices: Choice, optional: bool = False, hint: str = "", step: str = "q"
) -> Prompt:
    """A prompt of the flow `email-not-received`."""
    return Prompt(f"email-not-received/{step}", step, 1, kind, plain(text), choices, optional, hint)


def asking(question: Prompt, *said: str | RichText, did: Sequence[Did] = ()) -> View:
    """A turn that says something and asks."""
    texts = tuple(one if isinstance(one, RichText) else plain(one) for one in said)
    return replace(EMPTY, seq=question.seq, say=texts, did=tuple(did), prompt=question)


def ending(outcome: Outcome = Outcome.SOLVED, text: str = "Ana can log in.") -> View:
    """A turn that ends the session."""
    return replace(EMPTY, seq=9, end=Finish(outcome, plain(text)))


JUNK = prompt("choice", "Is the email in Ana's junk folder?", Choice("found", "Yes"), Choice("missing", "No"))
SWITCH = prompt(
    "choice",
    "Online access is off. Shall I switch it on?",
    Choice("both", "Switch both on", effect="Switches online access on for Ana Souza."),
    Choice("access", "Online access only", effect="Switches online access on for Ana Souza."),
    Choice("by-hand", "I'll do it by hand"),
    Choice("leave", "Leave it as it is"),
)
PATH = RichText(
    "Do it by hand:\nClient Chart Modal → Edit Profile → Clinic Settings",
    (
        Block("paragraph", (Span("Do it "), Span("by hand", "strong"), Span(":"))),
        Block("path", (Span("Client Chart Modal"), Span("Edit Profile"), Span("Clinic Settings"))),
    ),
)
CLIENT = "Ana Souza"
SECRET = "trombone-Lagoon-7"
DONE = Did("set_portal_settings", "confirmed", text="Switched online access on for Ana Souza")
FAILED = Did("send_invitation", "rejected", Failure.RATE_LIMITED)
UNKNOWN = Did("send_invitation", "unknown", text="It is not known whether the email was sent")


class Scripted:
    """Gives the turns one after the other, whatever is answered, and keeps what it was told. The first
    turn is the one that is on the screen in the beginning."""

    def __init__(self, *turns: View) -> None:
        self.turns = list(turns)
        self.calls: list[tuple[str, Value]] = []

    @property
    def answers(self) -> list[Value]:
        """The answers alone."""
        return [value for call, value in self.calls if call == "answer"]

    def next(self) -> View:
        """The turn after the present one; the last one stays."""
        if len(self.turns) > 1:
            del self.turns[0]
        return self.turns[0]

    def answer(
        self, session: str, value: Value, *, prompt: str | None = None, seq: int | None = None
    ) -> View:
        """Keep the answer; the next turn."""
        self.calls.append(("answer", value))
        if value == "refuse me":
            return replace(self.turns[0], problem=Problem("refused", "This is not an answer."))
        return self.next()

    def reveal(self, session: str, id: str) -> tuple[str | None, View]:
        """The secret that the present turn announces, and the next turn; anything else is not there."""
        self.calls.append(("reveal", id))
        now = self.turns[0]
        if now.reveal is None or now.reveal.id != id:
            return None, replace(now, say=(), problem=Problem("nothing_to_reveal", "There is none."))
        return SECRET, self.next()

    def back(self, session: str) -> View:
        """Keep the call; the next turn."""
        self.calls.append(("back", None))
        return self.next()

    def answered(self, session: str) -> tuple[Given, ...]:
        """One answer."""
        return (Given("email-not-received/q", 1, "Is it in the junk folder?", "No"),)

    def change(self, session: str, prompt: str, seq: int | None = None) -> View:
        """Keep the call; the next turn."""
        self.calls.append(("change", prompt if seq is None else f"{prompt} {seq}"))
        return self.next()

    def why(self, session: str, rules: bool = True) -> View:
        """The present turn with a reason."""
        self.calls.append(("why", None))
        rule = " The rule `x` holds." if rules else ""
        return replace(self.turns[0], say=(), did=(), info=f"Because junk folders swallow emails.{rule}")

    def why_not(self, session: str, step: str, rules: bool = True) -> View:
        """The present turn with a reason."""
        self.calls.append(("why-not", step))
        return replace(self.turns[0], say=(), did=(), info=f"Because {step} comes later.")

    def note(self, session: str, text: str) -> View:
        """Keep the note; the present turn."""
        self.calls.append(("note", text))
        return replace(self.turns[0], say=(), did=())

    def hand_over(self, session: str, text: str) -> View:
        """Keep the call; the end."""
        self.calls.append(("hand over", text))
        return ending(Outcome.ESCALATED, "")

    def standing(self, session: str) -> Standing:
        """A conversation about somebody."""
        return Standing("email-not-received", "A client did not receive the email", CLIENT, "junk", 1)

    def outline(self, session: str, rules: bool) -> Outline:
        """A small tree."""
        lines = (
            OutlineLine(0, "who", "Who is the client?", passed=True),
            OutlineLine(0, "junk", "Is the email in …'s junk folder?", (("found", "rescue"),), here=True),
            OutlineLine(1, "rescue", "say: Move it to the inbox", (("", "end"),)),
        )
        return Outline(("A client did not receive the email", "Look in folders"), lines, rules)

    def digest(self, session: str) -> str:
        """A text for the ticket."""
        return "A client did not receive the email\nAbout: Ana Souza"

    def notes(self, session: str) -> tuple[str, ...]:
        """The notes that were written."""
        return tuple(str(text) for call, text in self.calls if call == "note")

    def under_way(self, session: str) -> UnderWay | None:
        """A call that has been sent."""
        return UnderWay("Switches online access on for Ana Souza.", "2026-11-24T10:02:11Z")

    def stop(self, session: str) -> View:
        """Keep the call; the end."""
        self.calls.append(("stop", None))
        return ending(Outcome.STOPPED, "")
