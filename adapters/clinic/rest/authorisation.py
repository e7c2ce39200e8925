"""As whom calls are made: what proves it, made of secrets that the file only names."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Mapping
from time import monotonic
from urllib.parse import urlencode

from adapters.clinic.rest.egress import Egress, NoAnswer, NotSent, Outgoing
from adapters.clinic.rest.log_in import NotLetIn, logged_in
from adapters.clinic.rest.mapping import Auth, SecretSource
from adapters.problems import Unusable
from adapters.secret import Secret

_EARLY_SECONDS = 30.0
_SECRET_BYTES = 65_536


class Authorisation:
    """Proves who calls. With OAuth 2 it fetches a token, and with a login it opens a session, where it has
    none, or an old one."""

    def __init__(self, auth: Auth, base: str, secrets: Mapping[str, Secret], egress: Egress) -> None:
        self._auth = auth
        self._base = base
        self._secrets = secrets
        self._egress = egress
        self._lock = threading.Lock()
        self._shown: Mapping[str, Secret] = {}
        self._ends = 0.0

    @classmethod
    def open(cls, auth: Auth, base: str, egress: Egress) -> Authorisation:
        """Read the secrets from where they are; `base` is where the system is. Raises Unusable, with what to
        do."""
        found = {name: _found(name, source) for name, source in auth.secrets.items()}
        return cls(auth, base, found, egress)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything that must not be shown."""
        return (*self._secrets.values(), *self._shown.values())

    def headers(self, until: float) -> Mapping[str, str]:
        """The headers of a call. Raises NotSent where no token or session can be had, and NotLetIn."""
        match self._auth.kind:
            case "bearer":
                return {"authorization": f"Bearer {self._revealed('token')}"}
            case "basic":
                pair = f"{self._revealed('user')}:{self._revealed('password')}"
                return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
            case "api_key" if self._auth.header:
                return {self._auth.header: self._revealed("key")}
            case "oauth2":
                token = self._fetched(until)["token"]
                return {"authorization": f"Bearer {token.reveal()}"}
            case "login":
                return {name: of.reveal() for name, of in self._fetched(until).items()}
            case _:
                return {}

    def query(self) -> Mapping[str, str]:
        """What stands in the query of a call."""
        named = self._auth.query if self._auth.kind == "api_key" else ""
        return {named: self._revealed("key")} if named else {}

    def refused(self) -> bool:
        """Whether it is worth another try after an answer 401: with a new token, or in a new session."""
        with self._lock:
            had, self._shown = self._shown, {}
        return bool(had)

    def _revealed(self, name: str) -> str:
        return self._secrets[name].reveal()

    def _fetched(self, until: float) -> Mapping[str, Secret]:
        with self._lock:
            if not self._shown or monotonic() > self._ends:
                login = self._auth.login
                if login is None:
                    token, self._ends = self._new_token(until)
                    self._shown = {"token": token}
                else:
                    self._shown = logged_in(login, self._base, self._secrets, self._egress, until)
                    self._ends = monotonic() + 60.0 * login.minutes
            return self._shown

    def _new_token(self, until: float) -> tuple[Secret, float]:
        """A token, and until when it is good (client credentials, RFC 6749, section 4.4)."""
        asked = {"grant_type": "client_credentials"}
        if self._auth.scope:
            asked["scope"] = self._auth.scope
        pair = f"{self._revealed('client_id')}:{self._revealed('client_secret')}"
        headers = {
            "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        }
        request = Outgoing("POST", self._auth.token_url, headers, urlencode(asked).encode())
        try:
            answer = self._egress.send(request, until)
        except NoAnswer as error:
            raise NotSent(f"no token could be had: {error}") from None
        token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
        seconds = answer.body.get("expires_in") if isinstance(answer.body, dict) else None
        if 400 <= answer.status < 500 and answer.status != 429:
            raise NotLetIn(f"no token was given out ({answer.status})")
        if answer.status != 200 or not isinstance(token, str) or not token:
            raise NotSent(f"no token could be had: it answered {answer.status}")
        good_for = seconds if isinstance(seconds, int | float) else 300.0
        return Secret(token), monotonic() + max(float(good_for) - _EARLY_SECONDS, 0.0)


def _found(name: str, source: SecretSource) -> Secret:
    if source.env is not None:
        value = os.environ.get(source.env, "")
        if not value:
            raise Unusable(f"The environment has no {source.env}.", f"Set it to the `{name}` of the system.")
        return _whole(name, value)
    try:
        with open(source.file or "", "rb") as file:
            return _whole(name, file.read(_SECRET_BYTES).decode("utf-8").strip())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise Unusable(
            f"The file {source.file} cannot be read ({why}).", f"Put the `{name}` of the system into it."
        ) from None


def _whole(name: str, value: str) -> Secret:
    if not value or not value.isprintable() or not value.isascii():
        raise Unusable(f"The `{name}` of the system is not one line of plain letters.", "Store it again.")
    return Secret(value)
