"""Flows that were proven before are compiled when they are met, and are the same as all of them together."""

from __future__ import annotations

import json

import msgspec
import pytest

from engine import DEFAULT_LIMITS, FalseProof, Pack, Proof, Source, compile_pack, compile_proven, proof_of
from tests.engine.play import shipped


@pytest.fixture(scope="module")
def whole() -> Pack:
    return shipped()


def again(pack: Pack, sources: list[Source], proof: Proof | None = None) -> Pack:
    """The pack of these sources by a proof that was stored in between."""
    stored = msgspec.msgpack.encode(proof or proof_of(pack, sources))
    known = msgspec.msgpack.decode(stored, type=Proof)
    return compile_proven(sources, pack.catalog, None, DEFAULT_LIMITS, known)


def test_every_flow_is_the_same(whole: Pack) -> None:
    sources = list(whole.sources.values())
    proven = again(whole, sources)
    assert dict(proven.versions) == dict(whole.versions)
    assert dict(proven.cards) == dict(whole.cards)
    assert list(proven.trees) == list(whole.trees)
    for name, tree in whole.trees.items():
        found = proven.trees[name]
        assert list(found.steps) == list(tree.steps)
        assert repr(found) == repr(tree)
        assert {path: step.visits for path, step in found.steps.items()} == {
            path: step.visits for path, step in tree.steps.items()
        }
        assert proven.reachable(name) == whole.reachable(name)


def test_only_what_is_met_is_compiled() -> None:
    good = Source("a.yaml", "flow: a\naudience: [agent]\nsteps: [{visit: b}, {end: stopped}]\n")
    part = Source("b.yaml", "flow: b\nexits: [out]\nsteps: [{say: Hello}, {return: out}]\n")
    made = compile_pack([good, part], shipped().catalog)
    assert made.pack is not None
    proof = proof_of(made.pack, [good, part])
    proven = again(made.pack, [good, Source("b.yaml", "flow: [")], proof)
    flow = proven.flow("a")
    assert flow.tree.name == "a"
    with pytest.raises(FalseProof) as caught:
        flow.trees["b"]
    assert caught.value.name == "b"


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_proof_of_other_files_is_refused(kept: int) -> None:
    texts = [f"flow: {name}\naudience: [agent]\nsteps: [{{end: stopped}}]\n" for name in "abc"]
    sources = [Source(f"{place}.yaml", text) for place, text in enumerate(texts)]
    made = compile_pack(sources[:2], shipped().catalog)
    assert made.pack is not None
    with pytest.raises(FalseProof):
        again(made.pack, sources[:kept], proof_of(made.pack, sources[:2]))


def test_a_flow_outside_of_the_reach_is_not_there(whole: Pack) -> None:
    flow = again(whole, list(whole.sources.values())).flow("security-stop")
    assert "video-session" not in flow.trees
    with pytest.raises(KeyError):
        flow.trees["video-session"]
    assert len(flow.trees) == len(list(flow.trees)) == len(whole.reachable("security-stop"))
    assert json.dumps(sorted(flow.trees)) == json.dumps(sorted(whole.reachable("security-stop")))
