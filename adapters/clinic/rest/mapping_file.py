"""Reads a mapping file: which requests each action becomes, and how their answers are understood.

Everything wrong is reported at once, with its place and the likely repair. Nothing is sent here, and no
secret is read: the file says only where each is found.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from adapters.clinic.actions import CATALOG
from adapters.clinic.rest.mapping import (
    Api,
    Auth,
    ErrorRule,
    LookBack,
    Mapped,
    Pages,
    Request,
    SecretSource,
    Shape,
)
from adapters.clinic.rest.mapping_reader import MappingReader
from engine import (
    Diagnostic,
    Failure,
    Mapping,
    Node,
    Place,
    Scalar,
    Sequence,
    Source,
    did_you_mean,
    finding,
    read,
)

METHODS = ("get", "post", "put", "patch", "delete")
_TOP = (
    "rest", "base", "deadline", "auth", "idempotency", "headers", "errors", "look_back", "actions",
)  # fmt: skip
_REQUEST = (*METHODS, "query", "headers", "body", "form", "if", "expect", "errors", "pages", "save", "reads")
_ACTION = (*_REQUEST, "calls", "result", "look_back")
_LOOK_BACK = (*_REQUEST, "happened", "did_not_happen", "result")
_ERROR = ("status", "if", "error", "named", "message", "result", "retry_after")
_ALWAYS = frozenset({"key", "actor", "session"})
_ANSWERED = frozenset({"body", "status", "headers"})
_AUTH = {
    "bearer": ("token",),
    "basic": ("user", "password"),
    "api_key": ("key",),
    "oauth2": ("client_id", "client_secret"),
}
_AUTH_WORDS = {"api_key": ("header", "query"), "oauth2": ("token_url", "scope")}
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_DEFAULT_SECONDS = 8.0


def read_mapping(source: Source, folder: Path | None = None) -> tuple[Api | None, tuple[Diagnostic, ...]]:
    """The mapping in a file, or None, and everything that is wrong with it.

    Files of secrets are looked for from `folder`, which is the file's own unless it is said.
    """
    node, findings = read(source)
    reader = _File(folder if folder is not None else Path(source.path).parent)
    api = reader.api(node if node is not None else Mapping((), Place(source, 1, 1)))
    every = (*findings, *(reader.findings if node is not None else ()))
    return (None if every or api is None else api), every


def trusted(url: str) -> bool:
    """Whether what goes to this address is safe on its way: encrypted, or on this machine only."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.port == 0 or parts.username is not None or parts.query or parts.fragment:
            return False
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(host)))


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _File(MappingReader):
    """Reads the parts of a mapping file from the top down."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def api(self, node: Node) -> Api | None:
        """The whole file."""
        top = self.mapping(node, "a mapping file", _TOP)
        if top is None:
            return None
        base, actions = self._address(top, "base"), self.record(top.get("actions"), "`actions`")
        if base is None and top.get("base") is None:
            self.missing(top, "base", "Add `base:`, the address that all paths begin with.")
        if actions is None and top.get("actions") is None:
            self.missing(top, "actions", "Add `actions:`, with `ACTION: {get: PATH, result: body}` for each.")
        self.known = _ALWAYS
        headers = self.members(top.get("headers"), "`headers`")
        with self.knowing(_ANSWERED):
            errors = self._errors(top)
        with self.knowing(("action", "args")):
            look_back = self._look_back(top)
        return Api(
            self.text(top, "rest") or "a vendor's system",
            (base or "").rstrip("/"),
            float(self.number(top, "deadline", 0.1, 60, _DEFAULT_SECONDS)),
            self._auth(top),
            self._header_name(top, "idempotency"),
            headers,
            errors,
            look_back,
            {key.text: self._mapped(key, of) for key, of in (actions.entries if actions is not None else ())},
        )

    # -- actions ---------------------------------------------------------------------------------------

    def _mapped(self, key: Scalar, node: Node) -> Mapped:
        action = CATALOG.actions.get(key.text)
        top = self.mapping(node, f"the action `{key.text}`", _ACTION)
        if action is None:
            repair = did_you_mean(key.text, CATALOG.actions)
            said = f"There is no action `{key.text}`."
            self.findings.append(finding("U570", key.place, said, "`unstuck reference` lists them.", repair))
        if action is None or top is None:
            return Mapped((), None)
        with self.knowing([param.name for param in action.params]):
            calls = top.get("calls")
            listed = calls.items if isinstance(calls, Sequence) else ()
            requests = [self._request(each, _REQUEST) for each in listed] if calls is not None else []
            if calls is None and any(top.get(method) is not None for method in METHODS):
                requests = [self._request(top, _ACTION)]
            sent = tuple(each for each in requests if each is not None)
            with self.knowing(_ANSWERED | {"more"} | {each.save for each in sent}):
                result = top.get("result")
                shape = self.shape(result, "`result`") if result is not None else None
                errors = self._errors(top) if calls is not None else ()
            if result is None and action.result is not None:
                self.missing(key, "result", "Add `result: body`, or say what each member is.")
            return Mapped(sent, shape, errors, self._look_back(top))

    def _request(self, node: Node, keys: tuple[str, ...]) -> Request | None:
        """One request. What it saves is known to those after it."""
        top = self.mapping(node, "a request", keys)
        if top is None:
            return None
        methods = [method for method in METHODS if top.get(method) is not None]
        if len(methods) != 1:
            self.missing(node, "get", f"Name the path under one of {', '.join(METHODS)}.")
            return None
        method = methods[0]
        save = self.text(top, "save") or "body"
        with self.knowing(("page",) if top.get("pages") is not None else ()):
            path = self.template(top.get(method), f"`{method}`")
            query = self.members(top.get("query"), "`query`")
        headers = self.members(top.get("headers"), "`headers`")
        body = top.get("body")
        shape = self.shape(body, "`body`") if body is not None else None
        condition = self.expression(top, "if")
        with self.knowing({*_ANSWERED, save}):
            expect, errors, pages = self.expression(top, "expect"), self._errors(top), self._pages(top)
        self.known |= {save}
        if path is None:
            return None
        first = path.parts[0]
        if not isinstance(first, str) or not first.startswith("/"):
            self.wrong(top.get(method) or node, "A path begins with `/`.", "It follows after `base`.")
        reads = self.truth(top, "reads") or method == "get"
        form = self.truth(top, "form")
        return Request(
            method.upper(), path, query, headers, shape, form, condition, expect, errors, pages, save, reads
        )

    def _pages(self, top: Mapping) -> Pages | None:
        node = self.mapping(top.get("pages"), "`pages`", ("rows", "next", "most"))
        if node is None:
            return None
        rows, following = self.expression(node, "rows"), self.expression(node, "next")
        for key, found in (("rows", rows), ("next", following)):
            if found is None and node.get(key) is None:
                self.missing(node, key, "Write `pages: {rows: body.items, next: body.next}`.")
        if rows is None or following is None:
            return None
        return Pages(rows, following, int(self.number(node, "most", 1, 100, 10)))

    def _look_back(self, top: Mapping) -> LookBack | None:
        node = self.mapping(top.get("look_back"), "`look_back`", _LOOK_BACK)
        if node is None:
            return None
        before = self.known
        request = self._request(node, _LOOK_BACK)
        with self.knowing({*_ANSWERED, request.save if request is not None else "body"}):
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

    # -- errors ----------------------------------------------------------------------------------------

    def _errors(self, top: Mapping) -> tuple[ErrorRule, ...]:
        node = top.get("errors")
        if node is not None and not isinstance(node, Sequence):
            self.wrong(node, "`errors` is a list.", "Each is `{status: 404, error: not_found}`.")
        rules = [self._error(each) for each in (node.items if isinstance(node, Sequence) else ())]
        return tuple(rule for rule in rules if rule is not None)

    def _error(self, node: Node) -> ErrorRule | None:
        top = self.mapping(node, "an error", _ERROR)
        if top is None:
            return None
        statuses, condition = self._statuses(top), self.expression(top, "if")
        failure, named = self._failure(top), self.expression(top, "named")
        if not statuses and condition is None and top.get("if") is None:
            self.missing(node, "status", "Say when it is this error: by `status`, by `if`, or by both.")
        if top.get("error") is None and top.get("named") is None:
            words = ", ".join(each.value for each in Failure)
            self.missing(node, "error", f"Add `error:`, one of {words}.")
        return ErrorRule(
            statuses, condition, failure, named, self._shape_at(top, "message"),
            self._shape_at(top, "result"), self.expression(top, "retry_after"),
        )  # fmt: skip

    def _shape_at(self, top: Mapping, key: str) -> Shape | None:
        node = top.get(key)
        return None if node is None else self.shape(node, f"`{key}`")

    def _failure(self, top: Mapping) -> Failure | None:
        name = self.text(top, "error")
        if name is None:
            return None
        words = [each.value for each in Failure]
        node = top.get("error")
        if name not in words and node is not None:
            repair = did_you_mean(name, words)
            self.wrong(node, f"There is no error `{name}`.", f"Known are {', '.join(words)}.", repair)
            return None
        return Failure(name)

    def _statuses(self, top: Mapping) -> tuple[int, ...]:
        node = top.get("status")
        listed = node.items if isinstance(node, Sequence) else (node,) if node is not None else ()
        found: list[int] = []
        for each in listed:
            value = each.value if isinstance(each, Scalar) else None
            if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
                found.append(value)
            else:
                self.wrong(each, "A status is a number from 100 to 599, or a list of them.")
        return tuple(found)

    # -- where, and as whom ----------------------------------------------------------------------------

    def _address(self, top: Mapping, key: str) -> str | None:
        url, node = self.text(top, key), top.get(key)
        if url is not None and node is not None and not trusted(url):
            advice = (
                "Write https://HOST/PATH, or http:// to this machine itself, with nothing after the path."
            )
            self.wrong(node, "Calls cannot safely go to this address.", None, advice)
        return url

    def _header_name(self, top: Mapping, key: str) -> str:
        name, node = self.text(top, key), top.get(key)
        if name is not None and node is not None and not _HEADER.fullmatch(name):
            self.wrong(node, f"`{key}` is the name of a header.", "Such as `Idempotency-Key`.")
        return name or ""

    def _auth(self, top: Mapping) -> Auth:
        node = self.mapping(top.get("auth"), "`auth`", tuple(_AUTH))
        if node is None or not node.entries:
            return Auth()
        key, of = node.entries[0]
        kind = key.text
        if len(node.entries) > 1:
            self.wrong(node, "There is one way to be authorised.", f"One of {', '.join(_AUTH)}.")
        words, secrets = _AUTH_WORDS.get(kind, ()), _AUTH.get(kind, ())
        inner = of
        if kind == "bearer" and isinstance(of, Mapping) and of.get("token") is None:
            inner = Mapping(((Scalar("token", "token", key.place), of),), of.place)
        said = self.mapping(inner, f"`{kind}`", (*secrets, *words))
        if said is None:
            return Auth()
        found = {name: self._secret(said, name) for name in secrets}
        header = self._header_name(said, "header") if "header" in words else ""
        query = self.text(said, "query") or "" if "query" in words else ""
        if kind == "api_key" and bool(header) is bool(query):
            self.missing(
                said, "header", "Say in which `header` or under which name of the `query` the key goes."
            )
        url = self._address(said, "token_url") or "" if "token_url" in words else ""
        if kind == "oauth2" and said.get("token_url") is None:
            self.missing(said, "token_url", "Add the address that gives tokens out.")
        scope = self.text(said, "scope") or "" if "scope" in words else ""
        return Auth(
            kind, {name: of for name, of in found.items() if of is not None}, header, query, url, scope
        )

    def _secret(self, top: Mapping, name: str) -> SecretSource | None:
        """Where a secret is: never the secret itself, which would then be in every copy of the file."""
        node = top.get(name)
        if node is None:
            self.missing(top, name, f"Add `{name}: {{env: NAME}}` or `{name}: {{file: PATH}}`.")
            return None
        if not isinstance(node, Mapping):
            repair = f"Write `{name}: {{env: NAME}}` or `{name}: {{file: PATH}}`, and take the value out."
            self.wrong(node, "No secret stands in this file.", None, repair)
            return None
        found = self.mapping(node, f"`{name}`", ("env", "file"))
        env, file = (self.text(node, "env"), self.text(node, "file")) if found is not None else (None, None)
        if (env is None) is (file is None):
            self.missing(node, "env", "Name a variable of the environment (`env`) or a file (`file`).")
            return None
        return SecretSource(env, self._folder / file if file is not None else None)
