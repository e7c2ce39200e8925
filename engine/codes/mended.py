"""What the marked line of each code's example reads once it is repaired; empty where it is taken out.

A code whose example has no one such line (a file without a line that is wrong, one saved in another encoding)
is not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.codes.code import MARK

_AGAIN: Final = "    then: over"

MENDED: Final[Mapping[str, str]] = {
    "U002": "  - say: Hello",
    "U005": "steps: [say: Hello]",
    "U007": "  - say: Hello",
    "U008": '  - say: "*hello"',
    "U009": "  - say: Hello",
    "U010": "    note: copied",
    "U011": "  - say: Good morning",
    "U012": '      "1": Once',
    "U014": "",
    "U015": "  - say: Hello there",
    "U016": "  - say: Hello",
    "U017": "    max: 100",
    "U019": '  - say: "Please note: we are closed"',
    "U020": '  - say: "{{ client.name }} is here"',
    "U021": "audience: [agent, admin]",
    "U022": '  - say: "@all"',
    "U023": "    - say: Good morning",
    "U024": "  - say: 'See C:\\windows'",
    "U025": "  - say: 'It''s here'",
    "U026": "  - say: |\n      Hello",
    "U027": "    pattern: '[a-z]+'",
    "U028": '  - say: "You are our patient #1 today."',
    "U101": "  - if: clinic.name == 'Maple' and clinic.timezone == \"UTC\"",
    "U102": "  - if: clinic.invite_hours > 36",
    "U103": '  - say: "Log in at {{ clinic.login_url }}."',
    "U104": '  - say: "Log in at {{ clinic.login_url }}."',
    "U105": '  - say: "This is {{ clinic.name }}."',
    "U106": '  - say: "We found {{ found.clients | count }} people."',
    "U107": "  - if: clinic.name == '5'",
    "U108": "  - if: clinic.mail_policy == 'automatic'",
    "U109": "  - if: clinic.name == 'M'",
    "U110": "  - if: clinic.name == 'Maple'",
    "U111": '  - say: "Please keep your password to yourself."',
    "U112": '  - say: "This is {{ clinic.name | upper }}."',
    "U113": "  - if: clinic.name == 'Maple'",
    "U114": "  - if: can('open_ticket')",
    "U115": '  - say: "This is {{ clinic.name | upper }}."',
    "U116": "  - if: clinic.mail_policy == 'manual'",
    "U117": '  - say: "{{ clinic.name }} is here."',
    "U118": "  - if: clinic.invite_hours > 36",
    "U119": "  - if: clinic.name == 'A'",
    "U120": "  - if: clinic.name == '5'",
    "U121": '  - say: "{% if clinic.invite_hours > 36 %}Hello.{% endif %}"',
    "U122": '  - say: "Log in at {{ clinic.login_url }}."',
    "U123": '  - say: "See [the article]({{ clinic.login_url }})."',
    "U124": '  - say: "Click **Save**."',
    "U125": "  - say: \"Click [['Settings' → clinic.name]].\"",
    "U126": '  - say: "This is {{ clinic.name }}."',
    "U127": '  - say: "{{ [clinic.name, clinic.timezone] | join }}"',
    "U128": '  - say: "{{ clinic.name }} is here."',
    "U129": "  - if: clinic.name == 'Maple'",
    "U130": "  - if: today > '2026-11-23'",
    "U131": "  - if: today > '2026-11-23'",
    "U132": '  - say: "{{ clinic.name }}: Dear clients of {{ clinic.name }}, …"',
    "U200": "flow: greeting\naudience: [agent]\nsteps:\n  - say: Hello\n  - end: stopped",
    "U201": _AGAIN,
    "U202": f"  - if: today > '2026-11-23'\n{_AGAIN}",
    "U203": "  - set: {portal: \"'on'\"}\n  - say: It is {{ portal }}.",
    "U204": "  - say: Hello",
    "U205": _AGAIN,
    "U206": "  - id: really-over",
    "U207": _AGAIN,
    "U208": "  - id: arrived\n    ask: Has it arrived?",
    "U209": "  - id: the-greeting",
    "U211": "  - say: Then let us look further.\n    then: rescue",
    "U212": "  - say: Hello\n  - end: stopped",
    "U214": "  - visit: other",
    "U215": "    then: {done: over}",
    "U217": "  - end: stopped",
    "U218": "    then: {found: over}",
    "U219": "flow: another",
    "U221": "  - visit: other",
    "U222": "  - return: arrived",
    "U224": "  - end: stopped",
    "U225": "      saved: Yes, it is saved\n      cannot: I cannot do that",
    "U300": "  - say: The clinic will help.",
    "U303": "",
    "U304": "  - do: get_clinic",
    "U308": "  - {do: get_clinic, save: clinic}\n  - return: done",
    "U309": "inputs: {client: Client}",
    "U311": "  - set: {day: \"'monday'\"}\n  - say: It is {{ day }}.",
    "U312": "    on: {unavailable: over}",
    "U313": "    cases: {manual: over}",
    "U316": '  - say: "You are {{ client.first_name }}."',
    "U317": "  - say: It has happened.",
    "U320": '    save: clinic\n  - say: "{{ clinic.name }} is here."',
    "U321": "",
    "U322": "",
    "U323": "exits: [arrived]",
    "U325": "audience: [agent]",
    "U401": "  - {ask: who, answer: Ana}",
    "U402": "",
    "U403": "  - {did: set_portal_settings}",
    "U404": "  - {ask: who, answer: Ana}",
    "U405": "  - {ask: switch-on, answer: both}",
    "U406": "  - did: clear_suppression",
    "U501": "    email: ana@clinic.example",
    "U502": "    online_access: true",
    "U503": "  - name: Ana Souza\n    email: ana@clinic.example",
    "U504": "  - name: Ana Costa",
    "U505": "    kind: adult",
    "U550": "roles:",
    "U551": "  send_invitation: never",
    "U552": "  send_invitation: {agent: never}",
    "U553": "  send_invitation: {agent: never}",
    "U554": "  find_clients: {visitor: never}",
    "U555": "confirm_from_risk: 3",
    "U560": "steps_a_flow: 2000",
    "U561": "depth: 32",
    "U563": "    origins: [https://portal.example]",
    "U570": "  get_clinic: {get: /clinic, result: body}",
    "U571": "base: https://api.clinic.example",
    "U572": "  get_clinic: {get: /clinic, result: body}",
    "U573": "  get_client: {get: '/clients/{{ client }}', result: body}",
    "U602": "  - say: Goodbye.",
    "U603": "  - say: Goodbye.",
}
"""By code; a line that becomes several has line breaks."""


def mended_example(code: str, example: str) -> str | None:
    """The example of a code, repaired; None for a code of which no such line is told."""
    line = MENDED.get(code)
    if line is None:
        return None
    lines = example.split("\n")
    kept = [line if each.rstrip().endswith(MARK) else each for each in lines]
    return "\n".join(each for each in kept if each or each in lines)
