"""Reads a mapping file: which requests each action becomes, and how their answers are understood.

Everything wrong is reported at once, with its place and the likely repair. Nothing is sent here, and no
secret is read: the file says only where each is found.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from adapters.clinic.actions import CATALOG
from adapters.clinic.rest.auth_reader import AuthReader
from adapters.clinic.rest.mapping import (
    Api,
    LookBack,
    Mapped,
    Request,
)
from adapters.clinic.rest.request_reader import ANSWERED, METHODS, REQUEST
from adapters.clinic.rest.result_check import unfit_results
from engine import (
    Action,
    Diagnostic,
    Effect,
    Mapping,
    Node,
    Place,
    Scalar,
    SecretType,
    Sequence,
    Source,
    did_you_mean,
    finding,
    has_errors,
    read,
)

TOP = (
    "rest", "base", "deadline", "auth", "idempotency", "headers", "errors", "look_back", "actions",
)  # fmt: skip
ACTION = (*REQUEST, "calls", "result", "effects", "look_back")
LOOK_BACK = (*REQUEST, "happened", "did_not_happen", "result")
_ALWAYS = frozenset({"key", "actor", "session", "now"})
_DEFAULT_SECONDS = 8.0


def read_mapping(source: Source, folder: Path | None = None) -> tuple[Api | None, tuple[Diagnostic, ...]]:
    """The mapping in a file, or None, and everything that is wrong with it.

    Files of secrets are looked for from `folder`, which is the file's own unless it is said.
    """
    node, findings = read(source)
    reader = _File(folder if folder is not None else Path(source.path).parent)
    api = reader.api(node if node is not None else Mapping((), Place(source, 1, 1)))
    every = (*findings, *(reader.findings if node is not None else ()))
    return (None if has_errors(every) or api is None else api), every


def _takes_secret(action: Action) -> bool:
    return any(isinstance(param.type, SecretType) for param in action.params)


class _File(AuthReader):
    """Reads the parts of a mapping file from the top down."""

    def api(self, node: Node) -> Api | None:
        """The whole file."""
        top = self.mapping(node, "a mapping file", TOP)
        if top is None:
            return None
        base, actions = self.address(top, "base"), self.record(top.get("actions"), "`actions`")
        if base is None and top.get("base") is None:
            self.missing(top, "base", "Add `base:`, the address that all paths begin with.")
        if actions is None and top.get("actions") is None:
            self.missing(top, "actions", "Add `actions:`, with `ACTION: {get: PATH, result: body}` for each.")
        self.known = _ALWAYS
        headers = self.members(top.get("headers"), "`headers`")
        with self.knowing(ANSWERED):
            errors = self.errors(top)
        with self.knowing(("action", "args")):
            look_back = self._look_back(top)
        return Api(
            self.text(top, "rest") or "a vendor's system",
            (base or "").rstrip("/"),
            float(self.number(top, "deadline", 0.1, 60, _DEFAULT_SECONDS)),
            self.auth(top),
            self.header_name(top, "idempotency"),
            headers,
            errors,
            look_back,
            {key.text: self._mapped(key, of) for key, of in (actions.entries if actions is not None else ())},
        )

    # -- actions ---------------------------------------------------------------------------------------

    def _mapped(self, key: Scalar, node: Node) -> Mapped:
        action = CATALOG.actions.get(key.text)
        top = self.mapping(node, f"the action `{key.text}`", ACTION)
        if action is None:
            repair = did_you_mean(key.text, CATALOG.actions)
            said = f"There is no action `{key.text}`."
            self.findings.append(finding("U570", key.place, said, "`unstuck reference` lists them.", repair))
        if action is None or top is None:
            return Mapped((), None)
        made = ("made_password",) if _takes_secret(action) else ()
        with self.knowing([*made, *(param.name for param in action.params)]):
            at_first = self.known
            calls = top.get("calls")
            listed = calls.items if isinstance(calls, Sequence) else ()
            requests = [self.request(each, REQUEST) for each in listed] if calls is not None else []
            if calls is None and any(top.get(method) is not None for method in METHODS):
                requests = [self.request(top)]
            sent = tuple(each for each in requests if each is not None)
            if action.effect is not Effect.READ and len(sent) == len(listed):
                self._led_astray(action, listed, sent)
            with self.knowing(ANSWERED | {"more"} | {each.save for each in sent}):
                result = top.get("result")
                shape = self.shape(result, "`result`") if result is not None else None
                errors = self.errors(top) if calls is not None else ()
            if result is not None and action.result is not None:
                self.findings += unfit_results(result, action.result, "the result")
            if result is None and action.result is not None:
                self.missing(key, "result", "Add `result: body`, or say what each member is.")
            # When it is looked back, what an earlier process read or made is not known any more.
            self.known = at_first.difference(made)
            return Mapped(sent, shape, errors, self._look_back(top), self._effects(action, top))

    def _effects(self, action: Action, top: Mapping) -> frozenset[str]:
        """What the action does besides on this system, of what people can be told that it does."""
        node = top.get("effects")
        known = [each.name for each in action.side_effects]
        if node is not None and not isinstance(node, Sequence):
            self.wrong(node, "`effects` is a list.", None, f"Write `effects: [{', '.join(known)}]`.")
        said: set[str] = set()
        for each in node.items if isinstance(node, Sequence) else ():
            name = each.value if isinstance(each, Scalar) else None
            if isinstance(name, str) and name in known:
                said.add(name)
                continue
            words = f"`{name}`: there is no such effect of {action.name}."
            listed = f"Known are {', '.join(known)}." if known else "It has none that could be told."
            self.findings.append(finding("U570", each.place, words, listed, did_you_mean(str(name), known)))
        return frozenset(said)

    def _led_astray(self, action: Action, nodes: Collection[Node], requests: Collection[Request]) -> None:
        """Report a change that goes where an earlier answer says, about whom nobody has asked."""
        unchecked: set[str] = set()
        for node, request in zip(nodes, requests, strict=True):
            for name in sorted(request.facts() & unchecked if not request.reads else ()):
                said = f"This goes where `{name}` says, and nothing sees to it that it is the right person's."
                repair = f"Add `expect: {name}.id == {action.subject or 'ID'}` to the request that reads it."
                self.findings.append(finding("U574", node.place, said, None, repair))
            if request.expect is None:
                unchecked.add(request.save)

    def _look_back(self, top: Mapping) -> LookBack | None:
        node = self.mapping(top.get("look_back"), "`look_back`", LOOK_BACK)
        if node is None:
            return None
        before = self.known
        request = self.request(node)
        with self.knowing({*ANSWERED, request.save if request is not None else "body"}):
            happened, denied = self.expression(node, "happened"), self.expression(node, "did_not_happen")
            result = node.get("result")
            shape = self.shape(result, "`result`") if result is not None else None
        self.known = before
        if happened is None and node.get("happened") is None:
            self.missing(
                node, "happened", "Add `happened:`, a condition that shows that the call took effect."
            )
        if request is None or happened is None:
            return None
        return LookBack(request, happened, denied, shape)
