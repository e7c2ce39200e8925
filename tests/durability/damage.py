"""The table of damage: bits flipped, pages zeroed and files cut in a store with several conversations, as it
lies there when it was closed and as a crash left it, and the same store put back to an earlier moment.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from adapters.keys import keys_path
from adapters.problems import PlainProblem, Unusable
from adapters.stores.hidden import HiddenStore
from adapters.stores.recovery import Recovered, recover
from adapters.wiring import audit_looked_over, open_store_behind, over_keys
from tests.durability.conversation import a_place, answer_to, hold, make_clinic
from tests.durability.many import spread
from tests.durability.report import Table, sampled
from tests.durability.tracer import Kill, Point

TITLE = "A store of eight conversations, damaged"
CONVERSATIONS = 8
PAGE = 4096
SEED = 20_261_129
STORES: Mapping[str, str] = {"closed": "the store closed", "crashed": "as a crash left it"}
TRIALS: Mapping[str, tuple[str, int]] = {
    "bit": ("a bit flipped", 300),
    "page": ("a page zeroed", 50),
    "cut": ("cut off somewhere", 50),
}
"""What is done, and how often."""

BESIDE: Mapping[str, str] = {".key": "the key", ".mark": "the mark", ".audit-head": "the audit's head"}
CUT_BACK: Mapping[str, tuple[str, ...]] = {
    "cut back to an earlier commit": (),
    "the same without the mark: the audit's head tells": (".mark",),
}
_NOTES = (
    "Limits: without its mark a store that lost answers after the last audited deed is taken as it is.",
    "Put back to an earlier moment with all files beside it, it is as it was then, and nothing shows it:",
    "keep the audit's head in another place (UNSTUCK_AUDIT_HEAD), which is not put back with it.",
)
_NAME = "sessions.db"
_LOG_HEADER, _FRAME = 32, 24 + PAGE


@dataclass(frozen=True, slots=True)
class Harm:
    """What is done to which file of which store (`closed` or `crashed`): a bit flipped, a page zeroed, or all
    cut from `at` on; and which files beside it are removed (by their endings)."""

    what: str
    store: str
    file: str
    at: int
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What was noticed. `refused`: the whole store; `named`: damage was found in what could be opened;
    `wrong`: what was read as if it were right, and is not; `usable`: so many conversations were whole and can
    be gone on with, straight away or after recovery; `older`: so many of them as they were earlier, which was
    said."""

    refused: bool
    named: bool
    wrong: tuple[str, ...]
    usable: int
    older: int


Contents = Mapping[str, object]


def filled(folder: Path, fresh: Path) -> None:
    """Make both stores, in the folders `closed` and `crashed` of this one."""
    with a_place(folder / "place", fresh, "files") as place:
        for number in range(CONVERSATIONS - 1):
            left = [1 + number % 3]

            def some(turn: Mapping[str, object], left: list[int] = left) -> object | None:
                left[0] -= 1
                return answer_to(turn) if left[0] >= 0 else None

            hold(place, reply=some)
        _keep(place.folder, folder / "closed-before")
        killed = hold(place, decide=lambda point: Kill() if _lets_go(point) else None)
        assert killed.ended, killed.trouble or killed.said
        _keep(place.folder, folder / "crashed")
    with open_store_behind(copied(folder / "crashed", folder / "closed") / _NAME):
        pass


def _lets_go(point: Point) -> bool:
    """Whether the log is about to be removed: the conversation has ended by then."""
    return point.call == "unlink" and point.path.endswith(f"{_NAME}-wal")


def _keep(place: Path, folder: Path) -> None:
    folder.mkdir()
    for source in place.glob(f"{_NAME}*"):
        if not source.name.endswith(("-shm", ".calls")):
            shutil.copy(source, folder)


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target


def contents(store: HiddenStore) -> dict[str, object]:
    """All that can be read of the store, by what it is; what was refused in plain words is not in it."""
    found: dict[str, object] = {}
    with suppress(PlainProblem):
        for each in store.sessions(100):
            if not each.damaged:
                found[f"listed {each.session}"] = each
    for session in _names(store):
        with suppress(PlainProblem):
            state, events, ledger = store.load(session), store.events(session), store.ledger(session)
            found[f"session {session}"] = (state, events, ledger)
    return found


def _names(store: HiddenStore) -> list[str]:
    with suppress(PlainProblem):
        return [each.session for each in store.sessions(100)]
    return []


def whole(folder: Path) -> dict[str, object]:
    """What an undamaged copy holds. Raises AssertionError if it is not all there."""
    with open_store_behind(folder / _NAME) as behind:
        held = contents(over_keys(behind))
        assert behind.health().good
        assert len(held) == 2 * CONVERSATIONS
        assert audit_looked_over(behind).flaw is None
    return held


def harmed(folder: Path, harm: Harm) -> None:
    """Do the damage in a folder of its own."""
    path = folder / harm.file
    content = bytearray(path.read_bytes())
    if harm.what == "bit":
        content[harm.at // 8] ^= 1 << harm.at % 8
    elif harm.what == "page":
        content[harm.at : harm.at + PAGE] = bytes(len(content[harm.at : harm.at + PAGE]))
    else:
        del content[harm.at :]
    path.write_bytes(content)
    for beside in harm.without:
        (folder / f"{_NAME}{beside}").unlink()


def harms(folder: Path, what: str, store: str, files: Sequence[str], times: int) -> list[Harm]:
    """So many places for this damage, anywhere in these files of that store; the same ones each time."""
    dice = random.Random(f"{SEED} {what} {store} {files}")
    sizes = [(name, (folder / store / name).stat().st_size) for name in files]
    found = []
    for _ in range(times):
        at = dice.randrange(sum(size for _, size in sizes))
        name, at = _place(sizes, at)
        place = {"bit": at * 8 + dice.randrange(8), "page": at // PAGE * PAGE, "cut": at}[what]
        found.append(Harm(what, store, name, place))
    return found


def _place(sizes: Sequence[tuple[str, int]], at: int) -> tuple[str, int]:
    """In which file, and where in it, byte `at` of all of them is."""
    for name, size in sizes[:-1]:
        if at < size:
            return name, at
        at -= size
    return sizes[-1][0], at


def cut_backs(folder: Path, without: tuple[str, ...]) -> list[Harm]:
    """The log of the crashed store cut after each commit but the last (Write-Ahead Log Format of SQLite)."""
    log = (folder / "crashed" / f"{_NAME}-wal").read_bytes()
    salt = log[16:24]
    ends = [
        at + _FRAME
        for at in range(_LOG_HEADER, len(log), _FRAME)
        if log[at + 8 : at + 16] == salt and log[at + 4 : at + 8] != bytes(4)
    ]
    return [Harm("cut", "crashed", f"{_NAME}-wal", end, without) for end in ends[:-1]]


@dataclass(frozen=True, slots=True)
class Trial:
    """One damage to be done in a folder of its own, and what the store held before."""

    harm: Harm
    folder: Path
    name: str
    held: Contents


def tried(trial: Trial) -> Found:
    """Do it, and look at what can still be read, and at what can be recovered."""
    folder = copied(trial.folder / trial.harm.store, trial.folder / trial.name)
    harmed(folder, trial.harm)
    held, named = _read(folder)
    refused, older = held is None, 0
    usable = held or {}
    wrong = _wrong(usable, trial.held)
    if trial.harm.without and named:
        # As it was earlier, and the audit says so: nothing more is changed.
        older, wrong = sum(name.startswith("session ") for name in wrong), []
    if held is not None and not named and any(name not in held for name in trial.held):
        wrong.append("something is missing without a word")
    if refused or named:
        recovered, told = _recovered(folder)
        changed = _wrong(recovered, trial.held)
        if told is None or (told.complete and not told.older):
            wrong += [f"recovered: {each}" for each in changed]
        older += sum(each.startswith("session ") and each not in usable for each in changed)
        usable = {**recovered, **usable}
    shutil.rmtree(folder)
    return Found(refused, named, tuple(wrong), sum(name.startswith("session ") for name in usable), older)


def _read(folder: Path) -> tuple[dict[str, object] | None, bool]:
    """What can be read, None where the store as a whole is refused; and whether damage is told of it."""
    try:
        with open_store_behind(folder / _NAME) as behind:
            held = contents(over_keys(behind))
            return held, not behind.health().good or audit_looked_over(behind).flaw is not None
    except PlainProblem:
        return None, True


def _wrong(held: Contents, wanted: Contents) -> list[str]:
    return [name for name, value in held.items() if value != wanted.get(name)]


def _recovered(folder: Path) -> tuple[dict[str, object], Recovered | None]:
    """What can be read after `unstuck sessions recover`, and what that said."""
    target = folder / "new" / _NAME
    try:
        told = recover(folder / _NAME, target)
        shutil.copy(keys_path(folder / _NAME), keys_path(target))
        with open_store_behind(target) as behind:
            return contents(over_keys(behind)), told
    except Unusable:
        return {}, None


# -- the table ----------------------------------------------------------------------------------------------

_COLUMNS = (
    "damage",
    "trials",
    "harmless",
    "found, the rest is used",
    "found, store refused",
    "silently wrong",
    "conversations usable of 8 (fewest, mean)",
    "of these as they were earlier, and said so",
)


def measured(pool: ProcessPoolExecutor, folder: Path, sample: int = 0) -> Table:
    """Do all the damage, or so much of each kind, and tell what came of it."""
    fresh = folder / "fresh.db"
    make_clinic(fresh)
    pool.submit(filled, folder, fresh).result()
    held = {store: whole(copied(folder / store, folder / f"{store}-whole")) for store in STORES}
    rows: list[Sequence[str]] = []
    failures: list[str] = []
    for name, wanted in _kinds(folder, sample).items():
        trials = [
            Trial(harm, folder, f"{len(rows)}-{at}", held[harm.store]) for at, harm in enumerate(wanted)
        ]
        found = list(spread(pool, tried, trials))
        rows.append(_row(name, found))
        failures += [
            f"{name}, {trial.harm.file} at {trial.harm.at}: {'; '.join(each.wrong[:3])}"
            for trial, each in zip(trials, found, strict=True)
            if each.wrong and not trial.harm.without
        ]
    return Table(TITLE, _COLUMNS, rows, failures, _NOTES)


def _kinds(folder: Path, sample: int) -> dict[str, list[Harm]]:
    """What is done, by what it is called in the table."""
    kinds: dict[str, list[Harm]] = {}
    for store, said in STORES.items():
        files = [_NAME] if store == "closed" else [_NAME, f"{_NAME}-wal"]
        for what, (words, times) in TRIALS.items():
            kinds[f"{words}, {said}"] = harms(folder, what, store, files, sample or times)
    for ending, said in BESIDE.items():
        kinds[f"a bit flipped in {said}"] = harms(folder, "bit", "closed", [f"{_NAME}{ending}"], sample or 50)
    for said, without in CUT_BACK.items():
        back = cut_backs(folder, without)
        kinds[said] = [back[number - 1] for number in sampled(len(back), sample)]
    return kinds


def _row(name: str, found: Sequence[Found]) -> Sequence[str]:
    usable = [each.usable for each in found]
    return (
        name,
        str(len(found)),
        str(sum(not each.refused and not each.named and not each.wrong for each in found)),
        str(sum(each.named and not each.refused for each in found)),
        str(sum(each.refused for each in found)),
        str(sum(bool(each.wrong) for each in found)),
        f"{min(usable)}, {sum(usable) / len(usable):.1f}",
        str(sum(each.older for each in found)),
    )
