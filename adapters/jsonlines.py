"""A conversation as JSON, one object a line in each direction: for scripts and other programs.

Every line that goes out is a turn. A line that comes in is one of

    {"answer": VALUE, "prompt": ID?, "seq": N?}   {"back": true}   {"why": true}   {"note": TEXT}
    {"reveal": ID}   {"why": STEP}   {"change": PROMPT, "seq": N?}   {"answered": true}
    {"hand_over": TEXT}   {"stop": true}

`why` with a step asks why the conversation has not come to it. `change` goes back to a question that was
answered, and `answered` lists those. `hand_over` passes the case on, with words for its ticket, and `stop`
gives the conversation up. The turn after `reveal` holds the secret (`"reveal": {"id", "label",
"value"}`), once.

With `--secret-fd N` a question for a secret is answered by the next line of that file descriptor, and nothing
is read from the input for it; once there are no more lines, secrets are answers like others.

Anything else is answered by the present turn with a `problem`, and the conversation goes on. So it does when
the store or the clinic's system cannot be used for a while: the problem `unusable` says why and what to do.
The next answer must then name its `prompt` or its `seq`, because one that was on its way already may have
been meant for another question. Where the input ends after that trouble, it is what the conversation ends
with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import isfinite
from typing import NoReturn, Protocol, TextIO, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from adapters.problems import Unusable
from adapters.view import Json, View, as_json
from engine import Given, Problem, Value

LONGEST_LINE = 65_536
UNUSABLE, UNNAMED = "unusable", "say-which"


class Talk(Protocol):
    """The part of the driver that is used here."""

    def answer(
        self, session: str, value: Value, *, prompt: str | None = None, seq: int | None = None
    ) -> View:
        """Answer the prompt."""
        ...

    def reveal(self, session: str, id: str) -> tuple[str | None, View]:
        """The secret that waits to be shown, once, and the next view."""
        ...

    def back(self, session: str) -> View:
        """Go back to the question before."""
        ...

    def answered(self, session: str) -> tuple[Given, ...]:
        """The answers that can be changed."""
        ...

    def change(self, session: str, prompt: str, seq: int | None = None) -> View:
        """Go back to a question that was answered."""
        ...

    def why(self, session: str) -> View:
        """The same prompt with the reason for it."""
        ...

    def why_not(self, session: str, step: str) -> View:
        """The same prompt with the reason why the conversation has not come to `step`."""
        ...

    def note(self, session: str, text: str) -> View:
        """Write a note for the record."""
        ...

    def hand_over(self, session: str, text: str) -> View:
        """Hand the case over to the clinic's support."""
        ...

    def stop(self, session: str) -> View:
        """Give the conversation up."""
        ...


class Answered(msgspec.Struct, frozen=True):
    """An answer."""

    value: Value
    prompt: str | None = None
    seq: int | None = None


class Wanted(msgspec.Struct, frozen=True):
    """One of the other requests (`back`, `change`, `answered`, `why`, `note`, `reveal`, `hand_over`, `stop`)
    with its text; `seq` goes with `change`."""

    what: str
    text: str = ""
    seq: int | None = None


Request: TypeAlias = Answered | Wanted | Problem

_KINDS = ("answer", "back", "change", "answered", "why", "note", "reveal", "hand_over", "stop")
_BESIDE: Mapping[str, set[str]] = {"answer": {"prompt", "seq"}, "change": {"seq"}}


def converse(talk: Talk, view: View, source: TextIO, sink: TextIO, secrets: TextIO | None = None) -> View:
    """Talk until the session ends or the input does, and return the last view (whose `end` is None if
    the session is still open). A question for a secret is answered by the next line of `secrets`, as long as
    there is one. Raises Unusable where the input ends after trouble with the store or the clinic's system."""
    _write(view, sink)
    trouble: Unusable | None = None
    while view.end is None:
        secret = _secret_for(view, secrets)
        request = secret or _requested(source)
        if request is None:
            break
        if trouble is not None:
            request = _certain(request, view)
        try:
            following = _taken(talk, view, request, sink)
            if _goes_on(view, request, following):
                trouble = None
            view = following
        except Unusable as error:
            if secret is not None:
                # It is used up, and the next one may be meant for something else.
                raise
            trouble = error
            view = _again(view, _unusable(error, view))
            _write(view, sink)
    if trouble is not None:
        raise trouble
    return view


def _requested(source: TextIO) -> Request | None:
    """What the next line asks for; None where there are no more."""
    while line := source.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE and not line.endswith("\n"):
            _skip_line(source)
            return _overlong()
        if line.strip():
            return read_request(line)
    return None


def _taken(talk: Talk, view: View, request: Request, sink: TextIO) -> View:
    """The turn after a request, which has been written. Raises Unusable, with nothing written."""
    if isinstance(request, Wanted) and request.what == "reveal":
        return _reveal(talk, view, request.text, sink)
    following = _replied(talk, view, request)
    _write(following, sink)
    return following


def _unusable(error: Unusable, view: View) -> Problem:
    """Why nothing went on, and how to go on then."""
    words = f"{error.message} {error.advice}".rstrip()
    named = f' Then answer again, with "seq": {view.seq}.' if view.prompt is not None else ""
    return Problem(UNUSABLE, words + named)


def _goes_on(view: View, request: Request, following: View) -> bool:
    """Whether trouble is over with this request: an answer that was meant for this question was taken, or the
    conversation moved on. Notes and questions in between say nothing of the next answer."""
    taken = isinstance(request, Answered) and following.problem is None
    return taken or following.seq != view.seq or following.end is not None


def _certain(request: Request, view: View) -> Request:
    """The request after trouble: an answer must say which question it is for."""
    if isinstance(request, Answered) and request.prompt is None and request.seq is None:
        return Problem(
            UNNAMED,
            f'Something went wrong before this answer. Say that it is meant for this question: add "seq":'
            f" {view.seq}.",
        )
    return request


def _secret_for(view: View, secrets: TextIO | None) -> Answered | None:
    """The answer to a question for a secret, where secrets come from elsewhere."""
    if secrets is None or view.prompt is None or view.prompt.kind != "secret":
        return None
    line = secrets.readline(LONGEST_LINE)
    return Answered(line.removesuffix("\n"), view.prompt.id, view.prompt.seq) if line else None


def read_request(line: str) -> Request:
    """One line that came in, or what is wrong with it."""
    try:
        given: Value = json.loads(
            line, object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_whole, parse_float=_real
        )
        # Lone surrogates are JSON, but no text.
        json.dumps(given, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return Problem("bad-json", "This line holds half a character (a lone surrogate).")
    except RecursionError:
        return Problem("bad-json", "This line is nested too deeply.")
    except ValueError as error:
        return Problem("bad-json", f"This line is not JSON: {error}. Write one JSON object a line.")
    if not isinstance(given, dict):
        return Problem("bad-request", 'Write an object, such as {"answer": "yes"}.')
    return _read_object(given)


def _read_object(given: dict[str, Value]) -> Request:
    kinds = [kind for kind in _KINDS if kind in given]
    unknown = sorted(set(given) - set(_KINDS) - _BESIDE["answer"])
    if unknown:
        return Problem("unknown-key", f"There is no key {unknown[0]!r}. There are {', '.join(_KINDS)}.")
    if len(kinds) != 1:
        return Problem("bad-request", f"Give exactly one of {', '.join(_KINDS)}.")
    kind = kinds[0]
    if set(given) - {kind} - _BESIDE.get(kind, set()):
        return Problem("bad-request", "The key prompt goes with an answer, seq with an answer or a change.")
    prompt, seq = given.get("prompt"), given.get("seq")
    if prompt is not None and not isinstance(prompt, str):
        return Problem("bad-request", "The prompt is a text: the id of the question.")
    if seq is not None and (not isinstance(seq, int) or isinstance(seq, bool)):
        return Problem("bad-request", "The seq is a whole number: the one of the question that is meant.")
    return (
        Answered(given["answer"], prompt, seq) if kind == "answer" else _read_wanted(kind, given[kind], seq)
    )


def _read_wanted(kind: str, value: Value, seq: int | None) -> Request:
    if kind == "why" and isinstance(value, str) and value.strip():
        return Wanted("why-not", value.strip())
    if kind in ("back", "why", "answered", "stop"):
        return Wanted(kind) if value is True else Problem("bad-request", f'Write {{"{kind}": true}}.')
    if not isinstance(value, str) or not value.strip():
        return Problem("bad-request", f"The {kind} is a text.")
    return Wanted(kind, value, seq)


def _replied(talk: Talk, view: View, request: Request) -> View:
    """The turn after a request."""
    match request:
        case Answered(value=value, prompt=prompt, seq=seq):
            return talk.answer(view.session, value, prompt=prompt, seq=seq)
        case Wanted():
            return _wanted(talk, view, request)
        case Problem():
            return _again(view, request)
        case _:
            assert_never(request)


def _wanted(talk: Talk, view: View, wanted: Wanted) -> View:
    calls: dict[str, Callable[[], View]] = {
        "back": lambda: talk.back(view.session),
        "change": lambda: talk.change(view.session, wanted.text, wanted.seq),
        "answered": lambda: replace(_again(view, None), answered=talk.answered(view.session)),
        "why": lambda: talk.why(view.session),
        "why-not": lambda: talk.why_not(view.session, wanted.text),
        "note": lambda: talk.note(view.session, wanted.text),
        "hand_over": lambda: talk.hand_over(view.session, wanted.text),
        "stop": lambda: talk.stop(view.session),
    }
    return calls[wanted.what]()


def _reveal(talk: Talk, view: View, id: str, sink: TextIO) -> View:
    """Write the turn after a secret was asked for, with the secret in this one line only."""
    value, following = talk.reveal(view.session, id)
    turn = as_json(following)
    if value is not None:
        pending = {"next": turn["reveal"]} if "reveal" in turn else {}
        label = view.reveal.label if view.reveal is not None else ""
        turn["reveal"] = {"id": id, "label": label, "value": value, **pending}
    _write_object(turn, sink)
    return following


def _again(view: View, problem: Problem | None) -> View:
    """The present turn once more, with nothing new but the problem."""
    return replace(view, say=(), did=(), info=None, answered=None, problem=problem)


def _write(view: View, sink: TextIO) -> None:
    """One line."""
    _write_object(as_json(view), sink)


def _write_object(turn: dict[str, Json], sink: TextIO) -> None:
    """All but printable ASCII is escaped, so that nothing in it acts on a terminal."""
    text = json.dumps(turn, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    sink.write(text.replace("\x7f", "\\u007f") + "\n")
    sink.flush()


def _skip_line(source: TextIO) -> None:
    """Read on to the end of the line."""
    while (rest := source.readline(LONGEST_LINE)) and not rest.endswith("\n"):
        pass


def _overlong() -> Problem:
    return Problem("too-long", f"This line has more than {LONGEST_LINE} characters.")


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _whole(digits: str) -> int:
    if len(digits) > 18:
        raise ValueError("a number is too large")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("a number is too large")
    return number
