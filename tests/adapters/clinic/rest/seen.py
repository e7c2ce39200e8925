"""A records system that plays the traps of real ones, each of which was seen running somewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from engine import Value

OPEN_LINK = "9f86d081884c7d659a2feaa0c55ad015"


@dataclass
class Person:
    """One record, with the number of its changes."""

    id: str
    name: str
    email: str
    access: bool = False
    locked: bool = True
    invited: bool = False
    version: int = 1


@dataclass
class Seen:
    """The system. `written` are the requests that changed something, `mailed` the addresses written to;
    `trap` is the name of one that depends on the moment."""

    people: dict[str, Person] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    mailed: list[str] = field(default_factory=list)
    trap: str = ""

    def __post_init__(self) -> None:
        for each in (
            Person("7", "Ana", "ana@mail.example"),
            Person("8", "Bruno", "bruno@mail.example"),
            Person("9", "Nora", "nouser@mail.example"),
        ):
            self.people[each.id] = each

    def __call__(self, request: Request, body: bytes) -> Response:
        said: dict[str, Value] = json.loads(body) if body else {}
        parts = request.url.path.strip("/").split("/")[1:]
        if parts == ["people"]:
            return self._searched(request.query_params.get("email", ""))
        if parts == ["reset"]:
            return self._reset(str(said.get("email", "")), said.get("project"))
        person = self.people.get(parts[1])
        if person is None:
            return JSONResponse({"text": "gone"}, 410 if parts[1] == "deleted" else 404)
        if len(parts) == 3:
            return self._done(parts[2], person, said)
        if request.method != "GET":
            return self._changed(request, person, said)
        return self._record(self.people["8"] if self.trap == "another's record" else person)

    def _searched(self, email: str) -> Response:
        """Case-sensitive; with the filter ignored it gives everybody."""
        everybody = self.trap == "the filter is ignored"
        rows = [each for each in self.people.values() if everybody or each.email == email]
        return JSONResponse({"rows": [{"id": row.id, "name": row.name, "email": row.email} for row in rows]})

    def _record(self, person: Person) -> Response:
        shown: dict[str, Value] = {"id": person.id, "name": person.name, "email": person.email}
        shown |= {"access": person.access, "locked": person.locked}
        return JSONResponse(shown, headers={"etag": f'W/"{person.version}"'})

    def _changed(self, request: Request, person: Person, said: dict[str, Value]) -> Response:
        """A PUT looks at If-Match, a PATCH does not; an unknown field is taken and forgotten."""
        if request.method == "PUT" and request.headers.get("if-match") != f'W/"{person.version}"':
            return JSONResponse({"text": "stale"}, 412)
        self.written.append(f"{request.method} {person.id}")
        if self.trap != "200, and nothing was done":
            person.access = bool(said.get("access", person.access))
            person.email = str(said.get("email", person.email))
            person.version += 1
        return self._record(person)

    def _done(self, what: str, person: Person, said: dict[str, Value]) -> Response:
        match what:
            case "invite":
                return self._invited(person)
            case "requests":
                return JSONResponse({"used": False, "secret": OPEN_LINK, "id": "bc8f"})
            case "password" if self.trap == "no right to set passwords":
                return JSONResponse({"text": "Forbidden"}, 403)
            case "password" if str(said["password"]) == "short" and self.trap == "an error in 200":
                return JSONResponse({"error": {"text": "The password must have at least 8 characters."}})
            case "password" if str(said["password"]) == "short":
                return JSONResponse({"text": "Password found in breach database"}, 400)
            case _:
                self.written.append(f"{what} {person.id}")
                person.locked = person.locked and self.trap == "200, and nothing was done"
                return JSONResponse(self._about(person))

    def _about(self, person: Person) -> dict[str, Value]:
        """Whom an answer is about: somebody else, where that is the trap."""
        told = self.people["8"] if self.trap == "another's record" else person
        return {"person": told.id, "email": told.email}

    def _invited(self, person: Person) -> Response:
        """The account stays even where the mail was refused; another invitation is a conflict."""
        if person.invited:
            return JSONResponse({"text": "User is already a member of this project"}, 409)
        person.invited = True
        self.written.append(f"invite {person.id}")
        if person.email.startswith("nouser"):
            said = "Could not send email: 550 5.1.1 User unknown"
            return JSONResponse({"resourceType": "OperationOutcome", "severity": "error", "text": said})
        self.mailed.append(person.email)
        return JSONResponse({"id": "m1", **self._about(person)})

    def _reset(self, email: str, project: Value) -> Response:
        """It says "ok" whether anybody has the address or not; the refusal of the mail system is a 500."""
        if email.startswith("nouser"):
            return JSONResponse({"msg": "Internal Server Error"}, 500)
        if project is not None and any(each.email == email for each in self.people.values()):
            self.written.append(f"reset {email}")
            self.mailed.append(email)
        return JSONResponse({"id": "ok"})
