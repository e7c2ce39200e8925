"""Reads where the calls of a mapping file go, and as whom: addresses, and where each secret is found."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from adapters.clinic.rest.mapping import Auth, Login, SecretSource
from adapters.clinic.rest.request_reader import ANSWERED, METHODS, RequestReader
from engine import Mapping, Node, Scalar

AUTH = {
    "bearer": ("token",),
    "basic": ("user", "password"),
    "api_key": ("key",),
    "oauth2": ("client_id", "client_secret"),
}
AUTH_WORDS = {"api_key": ("header", "query"), "oauth2": ("token_url", "scope")}
KINDS = (*AUTH, "login")
LOGIN = (*METHODS, "secrets", "headers", "body", "form", "cookies", "send", "minutes")
_LOGIN_MINUTES = 30
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


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


class AuthReader(RequestReader):
    """Reads addresses and authorisation. Files of secrets are looked for from `folder`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def address(self, top: Mapping, key: str) -> str | None:
        """A safe address under a key."""
        url, node = self.text(top, key), top.get(key)
        if url is not None and node is not None and not trusted(url):
            advice = (
                "Write https://HOST/PATH, or http:// to this machine itself, with nothing after the path."
            )
            self.wrong(node, "Calls cannot safely go to this address.", None, advice)
        return url

    def header_name(self, top: Mapping, key: str) -> str:
        """The name of a header under a key; empty where it is left out."""
        name, node = self.text(top, key), top.get(key)
        if name is not None and node is not None and not HEADER.fullmatch(name):
            self.wrong(node, f"`{key}` is the name of a header.", "Such as `Idempotency-Key`.")
        return name or ""

    def auth(self, top: Mapping) -> Auth:
        """The way in which calls are authorised."""
        node = self.mapping(top.get("auth"), "`auth`", KINDS)
        if node is None or not node.entries:
            return Auth()
        key, of = node.entries[0]
        kind = key.text
        if len(node.entries) > 1:
            self.wrong(node, "There is one way to be authorised.", f"One of {', '.join(KINDS)}.")
        if kind == "login":
            return self._login(of)
        words, secrets = AUTH_WORDS.get(kind, ()), AUTH.get(kind, ())
        inner = of
        if kind == "bearer" and isinstance(of, Mapping) and of.get("token") is None:
            inner = Mapping(((Scalar("token", "token", key.place), of),), of.place)
        said = self.mapping(inner, f"`{kind}`", (*secrets, *words))
        if said is None:
            return Auth()
        found = {name: self._secret(said, name) for name in secrets}
        header = self.header_name(said, "header") if "header" in words else ""
        query = self.text(said, "query") or "" if "query" in words else ""
        if kind == "api_key" and bool(header) is bool(query):
            self.missing(
                said, "header", "Say in which `header` or under which name of the `query` the key goes."
            )
        url = self.address(said, "token_url") or "" if "token_url" in words else ""
        if kind == "oauth2" and said.get("token_url") is None:
            self.missing(said, "token_url", "Add the address that gives tokens out.")
        scope = self.text(said, "scope") or "" if "scope" in words else ""
        return Auth(
            kind, {name: of for name, of in found.items() if of is not None}, header, query, url, scope
        )

    def _login(self, node: Node) -> Auth:
        top = self.mapping(node, "`login`", LOGIN)
        if top is None:
            return Auth()
        named = self.record(top.get("secrets"), "`secrets`")
        secrets = {key.text: self._secret(named, key.text) for key, _ in named.entries} if named else {}
        if not secrets:
            self.missing(top, "secrets", "Add `secrets: {user: {env: NAME}, password: {env: NAME}}`.")
        shared = self.known
        with self.knowing(secrets):
            ours = ("secrets", "cookies", "send", "minutes")
            entries = tuple((key, of) for key, of in top.entries if key.text not in ours)
            request = self.request(Mapping(entries, top.place), LOGIN)
        self.known = shared
        with self.knowing(ANSWERED):
            send = self.members(top.get("send"), "`send`")
        cookies = self.truth(top, "cookies")
        if not cookies and not send:
            repair = "Say what goes with later requests: `cookies: true`, or `send:` with headers."
            self.missing(top, "cookies", repair)
        if request is None:
            return Auth()
        minutes = self.number(top, "minutes", 1, 1440, _LOGIN_MINUTES)
        found = {name: of for name, of in secrets.items() if of is not None}
        return Auth("login", found, login=Login(request, cookies, send, minutes))

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
        if env is not None and file is not None:
            self.wrong(node, f"`{name}` is found in one place only.", None, "Leave out `env` or `file`.")
            return None
        if env is None and file is None:
            self.missing(node, "env", "Name a variable of the environment (`env`) or a file (`file`).")
            return None
        return SecretSource(env, self._folder / file if file is not None else None)
