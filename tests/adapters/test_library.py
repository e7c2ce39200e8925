"""Flows by name, and by the version a session was begun with."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.library import Library
from adapters.problems import PlainProblem
from engine import Audience, Catalog, Source, compile_pack
from tests.adapters.small_desk import CATALOG, SENDING, library, small_desk
from tests.adapters.test_driver import asked

OLD, NEW = SENDING, SENDING.replace("ask: Shall I?", "ask: Shall I, really?").replace("arrived", "came")
VISITED = """\
flow: part
inputs: {name: text}
exits: [done]
steps:
  - say: "{{ name }}"
  - return: done
"""


def test_what_can_be_started_is_listed_and_the_rest_is_not() -> None:
    flows = library(SENDING, VISITED).flows
    assert list(flows) == ["sending"]
    assert flows["sending"].title == "Sending"
    assert flows["sending"].symptoms == ("send it",)


@pytest.mark.parametrize(
    ("name", "audience", "words"),
    [
        ("sendin", Audience.AGENT, "no flow 'sendin'"),
        ("sending", Audience.VISITOR, "not for the role visitor; it is for admin, agent"),
        ("part", Audience.AGENT, "cannot stand alone: it needs name"),
    ],
)
def test_what_cannot_be_started_is_said(name: str, audience: Audience, words: str) -> None:
    with pytest.raises(PlainProblem, match=words) as caught:
        library(SENDING, VISITED).to_start(name, audience)
    assert caught.value.advice
    assert caught.value.exit_code == 2


def test_a_mistyped_name_is_repaired() -> None:
    with pytest.raises(PlainProblem) as caught:
        library().flow("sendin")
    assert "sending" in caught.value.advice


def test_a_session_goes_on_with_the_flow_it_was_begun_with(tmp_path: Path) -> None:
    with small_desk(tmp_path, flows=library(OLD)) as desk:
        session = desk.begin()
    with small_desk(tmp_path, flows=library(NEW)) as desk:
        view = desk.driver.resume(session)
        assert view.prompt is not None
        assert view.prompt.text.text == "Shall I?"
        assert asked(desk.driver.answer(session, "send")) == "arrived"
        fresh = desk.driver.start("sending", actor="kim", audience=Audience.AGENT)
        assert fresh.prompt is not None
        assert fresh.prompt.text.text == "Shall I, really?"
        assert asked(desk.driver.answer(fresh.session, "send")) == "came"


def test_a_session_goes_on_where_its_flow_is_not_there_any_more(tmp_path: Path) -> None:
    with small_desk(tmp_path, flows=library(OLD)) as desk:
        session = desk.begin()
    with small_desk(tmp_path, flows=library(NEW.replace("flow: sending", "flow: other"))) as desk:
        assert asked(desk.driver.answer(session, "look")) == "seen"


def test_a_visited_flow_and_the_labels_are_pinned_too(tmp_path: Path) -> None:
    whole = """\
flow: whole
symptoms: [whole]
steps:
  - id: begin
    ask: Shall I?
    kind: yes-no
  - visit: part
    with: {name: labels.greeting}
    then: {done: last}
  - id: last
    ask: Well?
    kind: yes-no
  - end: stopped
"""

    def made(part: str, greeting: str) -> Library:
        vocabulary = Source("vocabulary.yaml", f"labels: {{greeting: {greeting}}}\n")
        compiled = compile_pack([Source("a", whole), Source("b", part)], CATALOG, vocabulary)
        assert compiled.pack is not None, compiled.findings
        return Library(compiled.pack, vocabulary, CATALOG)

    with small_desk(tmp_path, flows=made(VISITED, "Hello")) as desk:
        session = desk.begin("whole")
    with small_desk(tmp_path, flows=made(VISITED.replace("{{ name }}", "New {{ name }}"), "Bye")) as desk:
        view = desk.driver.answer(session, "yes")
        assert [text.text for text in view.say] == ["Hello"]
        fresh = desk.begin("whole")
        assert [text.text for text in desk.driver.answer(fresh, "yes").say] == ["New Bye"]


def test_an_old_flow_that_cannot_run_any_more_is_a_plain_problem(tmp_path: Path) -> None:
    with small_desk(tmp_path, flows=library(OLD)) as desk:
        session = desk.begin()
    fewer = Catalog({name: each for name, each in CATALOG.actions.items() if name != "look"}, CATALOG.records)
    other = "flow: other\nsteps:\n  - id: a\n    ask: A?\n    kind: yes-no\n  - end: stopped\n"
    with small_desk(tmp_path, flows=library(other, catalog=fewer)) as desk:
        for call in (desk.driver.resume, desk.driver.current, desk.driver.back):
            with pytest.raises(PlainProblem, match="as this session was started with it") as caught:
                call(session)
            assert "unstuck sessions show" in caught.value.advice


def test_an_old_flow_is_compiled_once() -> None:
    old, new = library(OLD), library(NEW)
    flow = old.flow("sending")
    loaded: list[int] = []

    def sources() -> dict[str, str]:
        loaded.append(1)
        return dict(old.sources(flow))

    assert new.revive("sending", flow.version, sources) is new.revive("sending", flow.version, sources)
    assert loaded == [1]
    assert new.revive("sending", new.flow("sending").version, sources).version != flow.version
