"""Where a step stands and what follows it: paths, inline lists, targets."""

from __future__ import annotations

from engine.flow import FALL_OFF, Tree
from tests.engine.play import compiled, flow_of, shipped

INLINE = """
flow: a
audience: [agent]
steps:
  - say: One
  - id: q
    ask: Which?
    answers:
      x: {label: X, then: [{say: I}, {id: named, say: Named}, {if: audience == 'agent', then: [{say: Deep}]}]}
      y: Y
  - id: last
    end: stopped
"""


def tree(text: str) -> Tree:
    """The one flow of a text."""
    return flow_of(text).tree


def test_steps_with_an_id_have_it_as_path_and_others_their_position() -> None:
    assert list(tree(INLINE).steps) == ["1", "q", "q.x.1", "named", "q.x.3", "q.x.3.then.1", "last"]


def test_what_follows_an_inline_list_is_what_follows_its_parent() -> None:
    steps = tree(INLINE).steps
    following = {path: step.next for path, step in steps.items()}
    assert following == {
        "1": "q",
        "q": "last",
        "q.x.1": "named",
        "named": "q.x.3",
        "q.x.3": "last",
        "q.x.3.then.1": "last",
        "last": FALL_OFF,
    }


def test_a_flow_begins_with_its_first_step() -> None:
    assert tree(INLINE).start == "1"


def test_two_lists_under_one_word_do_not_get_in_each_others_way() -> None:
    text = (
        "flow: a\naudience: [agent]\nsteps:\n"
        "  - {id: q, ask: Q?, answers: {then: {label: T, then: [say: Answer]}, y: Y}, then: [say: Rest]}\n"
        "  - end: stopped\n"
    )
    made = tree(text)
    assert len(made.steps) == 4
    assert [edge.to for edge in made.steps["q"].edges()] == ["q.then.then.1", "q.then.1"]


def test_nor_do_they_where_the_first_of_them_begins_with_a_name() -> None:
    text = (
        "flow: a\naudience: [agent]\nsteps:\n"
        "  - id: q\n    ask: Q?\n    answers: {then: {label: T, then: [{say: Answer}, {say: More}]}, y: Y}\n"
        "    then: [{id: rest, say: Rest}, {say: And}, {say: On}]\n"
        "  - end: stopped\n"
    )
    assert list(tree(text).steps) == [
        "q",
        "rest",
        "q.then.2",
        "q.then.3",
        "q.then.then.1",
        "q.then.then.2",
        "2",
    ]


def test_every_way_of_a_shipped_flow_leads_to_a_step() -> None:
    for each in shipped().trees.values():
        for step in each.steps.values():
            assert all(edge.to in each.steps for edge in step.edges() if edge.to != FALL_OFF)


def test_a_target_that_is_misspelled_is_followed_to_the_likely_step() -> None:
    text = (
        "flow: a\naudience: [agent]\nsteps:\n  - {id: q, ask: Q?, kind: yes-no, then: {yes: rescu}}\n"
        "  - end: stopped\n  - {id: rescue, end: solved}\n"
    )
    assert [each.code for each in compiled(text).findings] == ["U207"]
