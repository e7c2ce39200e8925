"""The codes of what is found in deployment files: people, policies, limits, mappings."""

from __future__ import annotations

from collections.abc import Mapping

from engine.codes.code import Code
from engine.diagnostics import Severity

DEPLOYMENT: Mapping[str, Code] = {
    "U501": Code(
        "An unknown key in a people file",
        "People files know a closed list of keys; anything else would be silently without effect.",
        "Use the key that is suggested, or remove it.",
        "clients:\n  - name: Ana Souza\n    emial: ana@clinic.example  # <- here\n",
        file="people.yaml",
    ),
    "U502": Code(
        "A value that does not fit in a people file",
        "The key wants another kind of value, or one word out of a list.",
        "Write what the finding says was expected.",
        "clients:\n  - name: Ana Souza\n    online_access: yes  # <- here\n",
        file="people.yaml",
    ),
    "U503": Code(
        "Something is missing in a people file",
        "Every person needs a name, and an account needs its state.",
        "Add the key.",
        "clients:\n  - email: ana@clinic.example  # <- here\n",
        file="people.yaml",
    ),
    "U504": Code(
        "A person who is in a people file twice",
        "Two people may have one name, but not also one address, birth date, kind and city.",
        "Remove one of them, or say in what they differ.",
        "clients:\n  - name: Ana Souza\n  - name: ana souza  # <- here\n",
        file="people.yaml",
    ),
    "U505": Code(
        "A kind of client that contradicts the rest",
        "The kind of a client follows from the birth date and from whether a contact is a guardian.",
        "Correct the kind, or what contradicts it.",
        "clients:\n  - name: Ana Souza\n    kind: unknown  # <- here\n    birth_date: 1990-02-03\n",
        file="people.yaml",
    ),
    "U550": Code(
        "Unknown key of a policy",
        "A policy file has the keys roles, confirm_from_risk, sends_a_day, evidence_by and actions; `roles`"
        " has everybody, usual and people.",
        "Correct the key, or remove it.",
        "role:  # <- here\n  usual: practitioner\n",
        file="policy.yaml",
    ),
    "U551": Code(
        "Unknown action in a policy",
        "A policy names an action that neither the clinic's system nor the shipped policy knows.",
        "Correct the action's name.",
        "actions:\n  send_invitations: never  # <- here\n",
        file="policy.yaml",
    ),
    "U552": Code(
        "Unknown audience in a policy",
        "The audiences are visitor, client, practitioner, agent and admin.",
        "Correct the audience.",
        "actions:\n  send_invitation: {agents: never}  # <- here\n",
        file="policy.yaml",
    ),
    "U553": Code(
        "Unknown rule in a policy",
        "The rules are yes, never, self, evidence and second person; all but yes and never can be combined"
        " in a list.",
        "Use one of the rules.",
        "actions:\n  send_invitation: {agent: sometimes}  # <- here\n",
        file="policy.yaml",
    ),
    "U554": Code(
        "A policy grants more than an action allows",
        "Each action declares for which audiences it is made; a policy can only take away from that.",
        "Write `never` for this audience.",
        "actions:\n  find_clients: {visitor: yes}  # <- here\n",
        file="policy.yaml",
    ),
    "U555": Code(
        "A value that a policy cannot have",
        "A setting of a policy has the wrong form or is out of bounds: confirm_from_risk is 1, 2 or 3 (a call"
        " of risk 3 or 4 is always approved first), and evidence_by names known ways to verify an identity.",
        "Correct the value.",
        "confirm_from_risk: 4  # <- here\n",
        file="policy.yaml",
    ),
    "U560": Code(
        "Unknown limit",
        "`limits.yaml` sets limits by their names; `unstuck reference` lists them with their defaults."
        " `retention.yaml` says for how many days what is kept; `unstuck privacy` lists the kinds.",
        "Correct the name, or remove it.",
        "step_a_flow: 2000  # <- here\n",
        file="limits.yaml",
    ),
    "U561": Code(
        "A limit out of bounds",
        "A limit is a whole number (of days in `retention.yaml`), and each has a least and a greatest value:"
        " beyond that, reading or running a flow could no longer be promised to end in time.",
        "Write a whole number within the bounds.",
        "depth: 5000  # <- here\n",
        file="limits.yaml",
    ),
    "U562": Code(
        "A settings file that nobody reads",
        "The folder of settings has a YAML file with a name that is not known, so that nothing in it counts.",
        "Correct the name of the file, or move it elsewhere.",
        "sends_a_day: 3\n",
        Severity.WARNING,
        file="polcy.yaml",
    ),
    "U563": Code(
        "An embed that cannot be used",
        "`embeds.yaml` says for each place where the widget stands from which origins its pages come, and"
        " where the keys of the server behind them are. Without that nobody could be let in safely.",
        "Write `origins` as https://HOST, and each key with `algorithm` and `from_env` or `from_file`.",
        "embeds:\n  portal:\n    origins: [portal.example]  # <- here\n",
        file="embeds.yaml",
    ),
    "U570": Code(
        "An unknown key or action in a mapping",
        "A mapping of an HTTP API (`NAME.rest.yaml`) knows a closed list of keys, and maps the actions that"
        " `unstuck reference` lists.",
        "Use the key that is suggested, or remove it.",
        "base: https://api.clinic.example\nactions:\n  get_clinc: {get: /clinic, result: body}  # <- here\n",
        file="example.rest.yaml",
    ),
    "U571": Code(
        "A value that does not fit in a mapping",
        "The key wants another kind of value; calls go to encrypted addresses only (or to this machine), and"
        " no secret stands in the file.",
        "Write what the finding says was expected.",
        "base: http://api.clinic.example  # <- here\nactions:\n  get_clinic: {get: /clinic, result: body}\n",
        file="example.rest.yaml",
    ),
    "U572": Code(
        "Something is missing in a mapping",
        "A mapping needs its `base`, every action what its result is made of, every error when it is one.",
        "Add the key.",
        "base: https://api.clinic.example\nactions:\n  get_clinic: {get: /clinic}  # <- here\n",
        file="example.rest.yaml",
    ),
    "U573": Code(
        "A name that is not known at this place of a mapping",
        "Expressions read the parameters of the action, `key`, `actor` and `session`, and after a request its"
        " `status`, `headers` and `body`.",
        "Correct the name; a word of its own stands in quotes inside the quotes.",
        "base: https://api.clinic.example\nactions:\n"
        "  get_client: {get: '/clients/{{ person }}', result: body}  # <- here\n",
        file="example.rest.yaml",
    ),
    "U574": Code(
        "A change that follows an answer nobody has checked",
        "A request that changes something goes where an earlier answer says. A system that answers with"
        " somebody else's record would then have that person written to.",
        "Say with `expect` what shows that the earlier answer is about the right person.",
        "base: https://api.clinic.example\nactions:\n  revoke_sessions:\n    calls:\n"
        "      - {get: '/people/{{ subject }}', save: user}\n"
        "      - {post: '/logins/{{ user.login }}/end'}  # <- here\n"
        "    result: {subject: subject, state: \"'active'\"}\n",
        Severity.WARNING,
        file="example.rest.yaml",
    ),
}
