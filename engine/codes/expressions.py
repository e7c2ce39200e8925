"""The codes of what is found in expressions and texts."""

from __future__ import annotations

from collections.abc import Mapping

from engine.codes.code import Code, in_a_flow
from engine.diagnostics import Severity

EXPRESSIONS: Mapping[str, Code] = {
    "U101": Code(
        "An expression that cannot be read",
        "Something is missing, too much, or in a wrong place, so that the expression makes no sense.",
        "Compare it with the forms an expression can have: names, members, comparisons, tests, filters.",
        in_a_flow('if: clinic.name == and clinic.timezone == "UTC"'),
    ),
    "U102": Code(
        "Something an expression or a text may not do",
        "Expressions ask and compare; they do not calculate, call, pick by number, loop or define.",
        "Use a filter, an action, an `if` step, or a visited flow with `each`.",
        in_a_flow("if: clinic.invite_hours * 2 > 72"),
    ),
    "U103": Code(
        "A fact that does not exist",
        "No step before this one saves a fact of that name, and it is no input of the flow.",
        "Check the spelling, or save the fact before.",
        in_a_flow('say: "Log in at {{ clinc.login_url }}."'),
    ),
    "U104": Code(
        "A member that does not exist",
        "The record has no member of that name.",
        "Check the spelling; the catalogue of actions lists the members of each record.",
        in_a_flow('say: "Log in at {{ clinic.login_ulr }}."'),
    ),
    "U105": Code(
        "A member of something that has none",
        "Only records have members; texts, numbers, dates and choices have none.",
        "Leave out the member.",
        in_a_flow('say: "This is {{ clinic.name.first }}."'),
    ),
    "U106": Code(
        "A value that may be unknown is used as if it were there",
        "The clinic's system, or the person, may not know this value.",
        "Ask first, with `x is known` or `x is true`, in an `if` step or in {% if %}.",
        in_a_flow(
            'say: "They live in {{ found.clients | first }}."',
            "do: find_clients\n    with: {query: \"'Ana'\"}\n    save: found",
        ),
    ),
    "U107": Code(
        "Values that can never be the same",
        "The two sides are of different kinds, so that the comparison says nothing.",
        "Compare values of one kind.",
        in_a_flow("if: clinic.name == 5"),
    ),
    "U108": Code(
        "A choice that does not have this value",
        "The value can only be one word out of a closed list, and this is none of them.",
        "Use one of the words of the list.",
        in_a_flow("if: clinic.mail_policy == 'automatik'"),
    ),
    "U109": Code(
        "An order among values that have none",
        "Only numbers, dates and moments are smaller or greater than others.",
        "Compare with `==`, `!=` or `in`.",
        in_a_flow("if: clinic.name > 'M'"),
    ),
    "U110": Code(
        "A condition that is neither true nor false",
        "A condition must be true or false, or a value that may be unknown.",
        "Compare the value with something, or use a test such as `is empty`.",
        in_a_flow("if: clinic.name"),
    ),
    "U111": Code(
        "A look at a secret",
        "Nobody may see a secret: it can only be handed to an action, whole.",
        "Remove it from the text or the condition.",
        in_a_flow(
            'say: "Your password is {{ password }}."',
            "ask: Which password?\n    id: ask-password\n    kind: secret\n    save: password",
        ),
    ),
    "U112": Code(
        "A filter that does not exist",
        "Only the listed filters can follow a `|`.",
        "Use one of the listed filters.",
        in_a_flow('say: "This is {{ clinic.name | uper }}."'),
    ),
    "U113": Code(
        "A test that does not exist",
        "After `is` stands true, false, known, unknown or empty.",
        "Use one of these, or compare with `==`.",
        in_a_flow("if: clinic.name is defined"),
    ),
    "U114": Code(
        "An action that does not exist, in can()",
        "`can('x')` asks whether the action x may be called here; there is no action of that name.",
        "Check the spelling.",
        in_a_flow("if: can('open_tickets')"),
    ),
    "U115": Code(
        "A filter that does not fit",
        "The filter takes another kind of value, or other arguments.",
        "Look up what the filter takes.",
        in_a_flow('say: "This is {{ clinic.name | count }}."'),
    ),
    "U116": Code(
        "A text without quotes",
        "Where a value is expected, a bare word is the name of a fact; a text stands in quotes.",
        "Put the word in quotes, inside those of YAML if there are any.",
        in_a_flow("if: clinic.mail_policy == manual"),
    ),
    "U117": Code(
        "A text or an expression that is too long",
        "Their length is limited, so that no flow can stop the program.",
        "Split it into several steps.",
        in_a_flow('say: "' + "long " * 900 + '"'),
    ),
    "U118": Code(
        "Nested too deeply",
        "Brackets, and conditions inside conditions, are only read down to a depth.",
        "Split it into several steps, or save parts of it with `set`.",
        in_a_flow("if: " + "(" * 60 + "true" + ")" * 60),
    ),
    "U119": Code(
        "A character or a number that cannot be used",
        "Invisible characters, unknown backslash signs and endless numbers are refused.",
        "Type the line again.",
        in_a_flow("if: clinic.name == '\\x41'"),
    ),
    "U120": Code(
        "Braces around an expression",
        "In `if`, `with`, `set` and `expect` an expression stands by itself; {{ }} belong into texts.",
        "Leave out the braces.",
        in_a_flow('if: "{{ clinic.name }} == 5"'),
    ),
    "U121": Code(
        "A tag that does not exist",
        "Texts know {{ }} and {% if %}, {% elif %}, {% else %}, {% endif %}.",
        "Use one of these.",
        in_a_flow('say: "{% fi true %}Hello."'),
    ),
    "U122": Code(
        "A tag that is not opened or not closed",
        "Each {{ needs its }}, and each {% if %} its {% endif %}.",
        "Write the other half, or remove this one.",
        in_a_flow('say: "Log in at {{ clinic.login_url."'),
    ),
    "U123": Code(
        "A link that does not lead to an https address",
        "Links are https addresses, or one value of a record that holds one.",
        "Write [label](https://…), or [label]({{ clinic.login_url }}).",
        in_a_flow('say: "See [the article](http://clinic.example/help)."'),
    ),
    "U124": Code(
        "A mark without its partner",
        "Bold and code need a mark on both sides, in one paragraph; a single one is shown as it is.",
        "Write the other mark, or a backslash before this one.",
        in_a_flow('say: "Click **Save."', "say: Hello"),
        severity=Severity.WARNING,
    ),
    "U125": Code(
        "A click path that is not complete",
        "A click path is written [[first → second]]; each part is a label, another text, or words in quotes.",
        "Write ]] after the last part, and something between the arrows.",
        in_a_flow("say: Click [[labels.client_chart → ]]."),
    ),
    "U126": Code(
        "A value that a text cannot show",
        "Records, and lists of records, have no form in a text.",
        "Show a member of the record, or how many there are.",
        in_a_flow('say: "This is {{ clinic }}."'),
    ),
    "U127": Code(
        "A list of different kinds",
        "All items of a list must be of one kind, and none can be a list itself.",
        "Make two lists.",
        in_a_flow('set: {mixed: "[clinic.name, clinic.invite_hours]"}'),
    ),
    "U128": Code(
        "Nothing where a text or an expression belongs",
        "The value is empty.",
        "Write the text or the expression, or remove the key.",
        in_a_flow('say: ""'),
    ),
    "U129": Code(
        "A question that has only one answer",
        "`is known` asks about a value that may be unknown. This one is always there, or was found to be.",
        "Take the question out, or ask about the value that was meant.",
        in_a_flow("if: clinic.name is known"),
        severity=Severity.WARNING,
    ),
    "U130": Code(
        "A condition that never holds",
        "The flow has decided this before: on every way that leads here the value is another one.",
        "Take the condition out, or correct the one before it.",
        in_a_flow("if: audience == 'client'", "say: Hello"),
        severity=Severity.WARNING,
    ),
    "U131": Code(
        "A condition that always holds",
        "The flow has decided this before: on every way that leads here the value can be nothing else, so"
        " that there is nothing to ask.",
        "Take the condition out, or correct the one before it.",
        in_a_flow("if: audience == 'agent'", "say: Hello"),
        severity=Severity.WARNING,
    ),
    "U132": Code(
        "Signs that are shown as they are",
        "Only straight quotes belong to the file; typographic ones belong to the text, and people read them."
        " Only double braces show a value; a name in single braces is read as it stands there.",
        'Write straight quotes (`"`), or none; write `{{ name }}` for a value.',
        in_a_flow('say: "{{ clinic.name }}: Dear clients of { clinic.name }, …"'),
        severity=Severity.WARNING,
    ),
}
