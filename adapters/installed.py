"""Clinics' systems that other packages bring: found by entry point, under the scheme of `--clinic`."""

from __future__ import annotations

from importlib.metadata import entry_points

from adapters.clinic.port import Backend
from adapters.problems import PlainProblem, Unusable
from engine import did_you_mean

GROUP = "unstuck.clinics"
_OWN = ("sqlite", "rest")


def installed_clinic(scheme: str, rest: str) -> Backend:
    """The backend of `SCHEME:REST`: what the entry point SCHEME of the group `unstuck.clinics`, called with
    the text REST, returns. Raises PlainProblem if no package brings it, Unusable if it does not open."""
    found = {each.name: each for each in entry_points(group=GROUP)}
    if scheme not in found:
        known = (*_OWN, *sorted(found))
        advice = (
            did_you_mean(scheme, known)
            or f"Known are {', '.join(known)}: `sqlite:///PATH`, `rest:FILE.yaml`."
        )
        raise PlainProblem(f"--clinic cannot begin with {scheme}:.", advice)
    try:
        backend: Backend = found[scheme].load()(rest)
    except PlainProblem:
        raise
    except Exception as error:  # whatever a package of others raises, a person gets a sentence
        said = f"The package that brings {scheme}: did not open it ({type(error).__name__})."
        raise Unusable(said, "Ask whoever wrote it.") from error
    return backend
