"""The stable codes of all findings: what each means, an example that shows it, and the usual repair.

A code is born with its example, which the tests run, and is never used again for something else.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.diagnostics import Diagnostic, Severity
from engine.source import Place


class Code(msgspec.Struct, frozen=True):
    """One kind of finding. `example` is a file (a flow unless `file` says otherwise) in which it is found;
    the line that has it ends in the comment `# <- here` unless the spot cannot carry a comment."""

    title: str
    meaning: str
    repair: str
    example: str
    severity: Severity = Severity.ERROR
    file: str = "flow.yaml"


def _flow(step: str, before: str = "do: get_clinic\n    save: clinic") -> str:
    """A small complete flow in which `step` stands on the marked line."""
    return (
        "flow: example\n"
        "title: An example\n"
        "audience: [agent]\n"
        "steps:\n"
        f"  - {before}\n"
        f"  - {step} # <- here\n"
        f"{'    then: over' + chr(10) if step.startswith('if:') else ''}"
        "  - id: over\n"
        "    end: stopped\n"
    )


# U0..: reading YAML. U1..: expressions and texts. U2..: the structure of a flow. U3..: types and facts.
# U4..: replays. U5..: deployment files.
_READING: Mapping[str, Code] = {
    "U001": Code(
        "This cannot be read as YAML",
        "The file stops making sense at this spot, and none of the usual mistakes explains it.",
        "Compare the line with its neighbours: names end in `:`, lists begin with `- `, and a text with "
        "signs in it stands in quotes or below a `|`.",
        "[flow, steps]\nflow: greeting  # <- here\n",
    ),
    "U002": Code(
        "A tab instead of spaces",
        "YAML shows by indentation what belongs together, and only spaces count as indentation.",
        "Replace the tab by spaces; most editors can do that for the whole file.",
        "flow: greeting\nsteps:\n\t- say: Hello  # <- here\n",
    ),
    "U003": Code(
        "Nothing in the file",
        "The file is empty, or has only remarks.",
        "Write the flow, or delete the file.",
        "# the greeting comes here\n",
    ),
    "U004": Code(
        "A file that is too large",
        "A file is only read up to a size, so that no file can stop the program.",
        "Move parts into flows of their own and `visit` them; or raise the limit in `limits.yaml`.",
        "flow: greeting\nsteps:\n  - say: Hello, and much more than the limit allows\n",
    ),
    "U005": Code(
        "Nested too deeply",
        "Lists and mappings inside each other are only read down to a depth.",
        "Give the inner steps a place of their own in `steps`, and name them in `then`.",
        "flow: greeting\nsteps: " + "[" * 40 + "]" * 40 + "  # <- here\n",
    ),
    "U006": Code(
        "Too many values",
        "A file is only read up to a number of values.",
        "Move parts into flows of their own and `visit` them; or raise the limit in `limits.yaml`.",
        "flow: greeting\nsteps:\n  - say: One\n  - say: Two\n  - say: Three\n",
    ),
    "U007": Code(
        "An anchor (`&name`)",
        "`&` marks a part of a YAML file for reuse, which hides what a flow says where it is read.",
        "Write the part out; steps used twice go into a flow of their own. A text that begins with `&` "
        "needs quotes.",
        "flow: greeting\nsteps:\n  - say: &hello Hello  # <- here\n",
    ),
    "U008": Code(
        "An alias (`*name`)",
        "`*` repeats another part of a YAML file, which hides what a flow says where it is read.",
        "Write the part out. A text that begins with `*` (bold text too) needs quotes, or stands below "
        "a `|`.",
        "flow: greeting\nsteps:\n  - say: *hello  # <- here\n",
    ),
    "U009": Code(
        "A tag (`!name`)",
        "`!` gives a value a type of its own. Here the place of a value decides what it is.",
        "Leave the tag out. A text that begins with `!` needs quotes.",
        "flow: greeting\nsteps:\n  - say: !!str Hello  # <- here\n",
    ),
    "U010": Code(
        "A merge key (`<<`)",
        "`<<` copies another mapping into this one, which hides what is really there.",
        "Write the entries out.",
        "flow: greeting\nsteps:\n  - say: Hello\n    <<: {note: copied}  # <- here\n",
    ),
    "U011": Code(
        "A name that stands twice",
        "In one mapping every name stands once; which of two was meant cannot be known.",
        "Delete one of them, or rename it.",
        "flow: greeting\nsteps:\n  - say: Hello\n    say: Good morning  # <- here\n",
    ),
    "U012": Code(
        "A name that is not text",
        "The name before a `:` must be a text; YAML takes this one for something else.",
        "Put it in quotes.",
        "flow: greeting\nsteps:\n  - ask: How often?\n    answers:\n      1: Once  # <- here\n",
    ),
    "U013": Code(
        "Several documents in one file",
        "`---` begins another document; a file holds one.",
        "Put the second one into a file of its own, or delete the `---`.",
        "flow: greeting\nsteps:\n  - say: Hello\n---  # <- here\nflow: farewell\n",
    ),
    "U014": Code(
        "A directive (`%`)",
        "A line with `%` at the beginning gives orders to the YAML reader, of which none is needed here.",
        "Delete the line.",
        "%YAML 1.1  # <- here\n---\nflow: greeting\n",
    ),
    "U015": Code(
        "A hidden character",
        "A character that nobody can see, or that a screen obeys, makes a text read otherwise than it runs.",
        "Delete it and type the text around it anew.",
        "flow: greeting\nsteps:\n  - say: Hello\u200b there  # <- here\n",
    ),
    "U016": Code(
        "A space or letter that is not what it seems",
        "A no-break space or a letter of another alphabet looks right in a name, but makes it another name.",
        "Type the name anew.",
        "flow: greeting\nsteps:\n  - s\u0430y: Hello  # <- here\n",
    ),
    "U017": Code(
        "A number that cannot be used",
        "Infinite numbers, `.nan`, and numbers beyond 9007199254740991 lose their value on the way.",
        "If it is a number to be read out (a phone number), put it in quotes.",
        "flow: greeting\nsteps:\n  - ask: How many?\n    kind: number\n    max: .inf  # <- here\n",
    ),
    "U018": Code(
        "A file that is not UTF-8",
        "Texts are stored as UTF-8, the encoding every editor knows; this file has another.",
        "Save the file again with the encoding UTF-8.",
        "flow: greeting\nsteps:\n  - say: Grüezi  # <- here\n",
    ),
    "U019": Code(
        "A colon in an unquoted text",
        "A colon followed by a space separates a name from its value, so that a text with one needs quotes.",
        "Put the text in quotes, or write it below a `|`.",
        "flow: greeting\nsteps:\n  - say: Please note: we are closed  # <- here\n",
    ),
    "U020": Code(
        "A text that begins with a bracket",
        "An unquoted `{` begins a mapping, also where `{{ … }}` was meant.",
        "Put the text in quotes, or write it below a `|`.",
        "flow: greeting\nsteps:\n  - say: {{ client.name }} is here  # <- here\n",
    ),
    "U021": Code(
        "A quote or bracket that stays open",
        "Every quote and bracket needs its partner; without it the rest of the file counts as a part of it.",
        "Close it where the text or list ends.",
        "flow: greeting\naudience: [agent, admin  # <- here\nsteps:\n  - say: Hello\n",
    ),
    "U022": Code(
        "A text that begins with a reserved sign",
        "YAML keeps `@`, `` ` `` and `%` at the beginning of a text for itself.",
        "Put the text in quotes.",
        "flow: greeting\nsteps:\n  - say: @all  # <- here\n",
    ),
    "U023": Code(
        "A line that is not where it belongs",
        "Indentation shows what belongs together. This line begins in a column that fits nothing above it, "
        "or lacks its `:`.",
        "Move it to the column of the entries it belongs to.",
        "flow: greeting\nsteps:\n    - say: Hello\n  - say: Good morning  # <- here\n",
    ),
    "U024": Code(
        "A backslash that means nothing",
        "Between double quotes a backslash begins a special character, and this one is unknown.",
        "Write it twice, or use single quotes.",
        'flow: greeting\nsteps:\n  - say: "See C:\\windows"  # <- here\n',
    ),
    "U025": Code(
        "Text behind a closing quote",
        "A text that begins with a quote ends at the next one; nothing can follow it.",
        "Quote the whole text. Inside single quotes, write the quote twice: `'it''s'`.",
        "flow: greeting\nsteps:\n  - say: 'It's here'  # <- here\n",
    ),
    "U026": Code(
        "Text in the line of a `|`",
        "`|` and `>` announce a text in the lines below; behind them the line must end.",
        "Begin the text in the next line, indented.",
        "flow: greeting\nsteps:\n  - say: | Hello  # <- here\n",
    ),
    "U027": Code(
        "A pattern that cannot be used",
        "Patterns follow RE2, which needs no look-around and no back-references and always ends in time.",
        "Correct the pattern; brackets and braces that stand for themselves need a backslash.",
        "flow: greeting\nsteps:\n  - id: code\n    ask: Which code?\n    kind: text\n"
        "    pattern: '[a-z'  # <- here\n",
    ),
}

_EXPRESSIONS: Mapping[str, Code] = {
    "U101": Code(
        "An expression that cannot be read",
        "Something is missing, too much, or in a wrong place, so that the expression makes no sense.",
        "Compare it with the forms an expression can have: names, members, comparisons, tests, filters.",
        _flow('if: clinic.name == and clinic.timezone == "UTC"'),
    ),
    "U102": Code(
        "Something an expression or a text may not do",
        "Expressions ask and compare; they do not calculate, call, pick by number, loop or define.",
        "Use a filter, an action, an `if` step, or a visited flow with `each`.",
        _flow("if: clinic.invite_hours * 2 > 72"),
    ),
    "U103": Code(
        "A fact that does not exist",
        "No step before this one saves a fact of that name, and it is no input of the flow.",
        "Check the spelling, or save the fact before.",
        _flow('say: "Log in at {{ clinc.login_url }}."'),
    ),
    "U104": Code(
        "A member that does not exist",
        "The record has no member of that name.",
        "Check the spelling; the catalogue of actions lists the members of each record.",
        _flow('say: "Log in at {{ clinic.login_ulr }}."'),
    ),
    "U105": Code(
        "A member of something that has none",
        "Only records have members; texts, numbers, dates and choices have none.",
        "Leave out the member.",
        _flow('say: "This is {{ clinic.name.first }}."'),
    ),
    "U106": Code(
        "A value that may be unknown is used as if it were there",
        "The clinic's system, or the person, may not know this value.",
        "Ask first, with `x is known` or `x is true`, in an `if` step or in {% if %}.",
        _flow(
            'say: "They live in {{ found.clients | first }}."',
            "do: find_clients\n    with: {query: \"'Ana'\"}\n    save: found",
        ),
    ),
    "U107": Code(
        "Values that can never be the same",
        "The two sides are of different kinds, so that the comparison says nothing.",
        "Compare values of one kind.",
        _flow("if: clinic.name == 5"),
    ),
    "U108": Code(
        "A choice that does not have this value",
        "The value can only be one word out of a closed list, and this is none of them.",
        "Use one of the words of the list.",
        _flow("if: clinic.mail_policy == 'automatik'"),
    ),
    "U109": Code(
        "An order among values that have none",
        "Only numbers, dates and moments are smaller or greater than others.",
        "Compare with `==`, `!=` or `in`.",
        _flow("if: clinic.name > 'M'"),
    ),
    "U110": Code(
        "A condition that is neither true nor false",
        "A condition must be true or false, or a value that may be unknown.",
        "Compare the value with something, or use a test such as `is empty`.",
        _flow("if: clinic.name"),
    ),
    "U111": Code(
        "A look at a secret",
        "Nobody may see a secret: it can only be handed to an action, whole.",
        "Remove it from the text or the condition.",
        _flow(
            'say: "Your password is {{ password }}."',
            "ask: Which password?\n    id: ask-password\n    kind: secret\n    save: password",
        ),
    ),
    "U112": Code(
        "A filter that does not exist",
        "Only the listed filters can follow a `|`.",
        "Use one of the listed filters.",
        _flow('say: "This is {{ clinic.name | uper }}."'),
    ),
    "U113": Code(
        "A test that does not exist",
        "After `is` stands true, false, known, unknown or empty.",
        "Use one of these, or compare with `==`.",
        _flow("if: clinic.name is defined"),
    ),
    "U114": Code(
        "An action that does not exist, in can()",
        "`can('x')` asks whether the action x may be called here; there is no action of that name.",
        "Check the spelling.",
        _flow("if: can('open_tickets')"),
    ),
    "U115": Code(
        "A filter that does not fit",
        "The filter takes another kind of value, or other arguments.",
        "Look up what the filter takes.",
        _flow('say: "This is {{ clinic.name | count }}."'),
    ),
    "U116": Code(
        "A text without quotes",
        "Where a value is expected, a bare word is the name of a fact; a text stands in quotes.",
        "Put the word in quotes, inside those of YAML if there are any.",
        _flow("if: clinic.mail_policy == manual"),
    ),
    "U117": Code(
        "A text or an expression that is too long",
        "Their length is limited, so that no flow can stop the program.",
        "Split it into several steps.",
        _flow('say: "' + "long " * 900 + '"'),
    ),
    "U118": Code(
        "Nested too deeply",
        "Brackets, and conditions inside conditions, are only read down to a depth.",
        "Split it into several steps, or save parts of it with `set`.",
        _flow("if: " + "(" * 60 + "true" + ")" * 60),
    ),
    "U119": Code(
        "A character or a number that cannot be used",
        "Invisible characters, unknown backslash signs and endless numbers are refused.",
        "Type the line again.",
        _flow("if: clinic.name == '\\x41'"),
    ),
    "U120": Code(
        "Braces around an expression",
        "In `if`, `with`, `set` and `expect` an expression stands by itself; {{ }} belong into texts.",
        "Leave out the braces.",
        _flow('if: "{{ clinic.name }} == 5"'),
    ),
    "U121": Code(
        "A tag that does not exist",
        "Texts know {{ }} and {% if %}, {% elif %}, {% else %}, {% endif %}.",
        "Use one of these.",
        _flow('say: "{% fi true %}Hello."'),
    ),
    "U122": Code(
        "A tag that is not opened or not closed",
        "Each {{ needs its }}, and each {% if %} its {% endif %}.",
        "Write the other half, or remove this one.",
        _flow('say: "Log in at {{ clinic.login_url."'),
    ),
    "U123": Code(
        "A link that does not lead to an https address",
        "Links are https addresses, or one value of a record that holds one.",
        "Write [label](https://…), or [label]({{ clinic.login_url }}).",
        _flow('say: "See [the article](http://clinic.example/help)."'),
    ),
    "U124": Code(
        "A mark without its partner",
        "Bold and code need a mark on both sides, in one paragraph; a single one is shown as it is.",
        "Write the other mark, or a backslash before this one.",
        _flow('say: "Click **Save."'),
        severity=Severity.WARNING,
    ),
    "U125": Code(
        "A click path that is not complete",
        "A click path is written [[first → second]]; each part is a label, another text, or words in quotes.",
        "Write ]] after the last part, and something between the arrows.",
        _flow("say: Click [[labels.client_chart → ]]."),
    ),
    "U126": Code(
        "A value that a text cannot show",
        "Records, and lists of records, have no form in a text.",
        "Show a member of the record, or how many there are.",
        _flow('say: "This is {{ clinic }}."'),
    ),
    "U127": Code(
        "A list of different kinds",
        "All items of a list must be of one kind.",
        "Make two lists.",
        _flow('set: {mixed: "[clinic.name, clinic.invite_hours]"}'),
    ),
    "U128": Code(
        "Nothing where a text or an expression belongs",
        "The value is empty.",
        "Write the text or the expression, or remove the key.",
        _flow('say: ""'),
    ),
    "U129": Code(
        "A question that has only one answer",
        "`is known` asks about a value that may be unknown. This one is always there, or was found to be.",
        "Take the question out, or ask about the value that was meant.",
        _flow("if: clinic.name is known"),
        severity=Severity.WARNING,
    ),
    "U130": Code(
        "A condition that never holds",
        "The flow has decided this before: on every way that leads here the value is another one.",
        "Take the condition out, or correct the one before it.",
        _flow("if: audience == 'client'"),
        severity=Severity.WARNING,
    ),
}

_STRUCTURE: Mapping[str, Code] = {
    "U200": Code(
        "A flow file is a mapping",
        "Every flow file begins with `flow: NAME` and goes on with keys like `title` and `steps`.",
        "Write the keys of a flow at the left edge, each followed by a colon.",
        ("- say: Hello # <- here\n"),
    ),
    "U201": Code(
        "A key that is not known here",
        "Every flow, step and answer knows a fixed list of keys; this one is not among them.",
        "Correct the spelling, or move the key to where it belongs.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: Hello\n"
            "    than: over # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U202": Code(
        "Something that must be said is missing",
        "A key that this flow or step cannot do without is not there.",
        "Add the key.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - if: audience == 'agent' # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U203": Code(
        "The value has the wrong shape",
        "There is a list, a mapping or a text where something else is expected.",
        "Write the value in the shape that is named.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - set: portal # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U204": Code(
        "A step that does not say what it does",
        "A step has exactly one key that names its kind: say, ask, do, if, choose, set, visit, go, "
        "return, hand over or end.",
        "Add the key, or correct its spelling.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - sya: Hello # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U205": Code(
        "Two steps in one",
        "A step does one thing, and this one has two keys that each name a kind.",
        "Start the second with a dash of its own.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: Hello\n"
            "    go: over # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U206": Code(
        "An id that is taken",
        "Two steps of one flow have the same id, so that nobody could tell which one is meant. Inline "
        "steps count as well.",
        "Give one of them another id.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: over\n"
            "    say: Hello\n"
            "  - id: over # <- here\n"
            "    end: stopped\n"
        ),
    ),
    "U207": Code(
        "A step that does not exist",
        "A `then`, `go`, answer or case leads to an id that no step of this flow has.",
        "Correct the id, or write the step.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: Hello\n"
            "    then: ovre # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U208": Code(
        "An id is missing",
        "Questions, calls that change something, and hand-overs are named by tests, translations and "
        "stored conversations, so each needs an id.",
        "Add `id: a-short-name`.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - ask: Has it arrived? # <- here\n"
            "    kind: yes-no\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U209": Code(
        "A name that cannot be",
        "Ids of steps and answers use small letters, digits and dashes; facts use underscores instead of "
        "dashes.",
        "Rename it.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: The Greeting # <- here\n"
            "    say: Hello\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U210": Code(
        "A step nobody reaches",
        "No answer, `then` or `go` leads to this step, and the step above it always leads elsewhere.",
        "Lead to it, or take it out.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - end: stopped\n"
            "  - say: Hello # <- here\n"
            "  - end: stopped\n"
        ),
    ),
    "U211": Code(
        "Sliding into another branch",
        "The step ends where a branch from further up begins, and slides into it. That is often an end "
        "that was forgotten.",
        "Write `then` with the id of that step if it is meant; otherwise end this branch.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: junk\n"
            "    ask: Is it in the junk folder?\n"
            "    answers: {found: {label: Found, then: rescue}, missing: Missing}\n"
            "  - say: Then let us look further. # <- here\n"
            "  - id: rescue\n"
            "    end: solved\n"
        ),
        severity=Severity.WARNING,
    ),
    "U212": Code(
        "The flow just stops",
        "After this step nothing follows, and nothing says how the conversation ends.",
        "Add `end`, `hand over` or `return`, or a `then`.",
        ("flow: example\naudience: [agent]\nsteps:\n  - say: Hello # <- here\n"),
    ),
    "U213": Code(
        "A circle without a person",
        "These steps lead back to themselves without asking anybody, so the conversation could run for ever.",
        "Put a question into the circle, or lead one way out of it.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: look # <- here\n"
            "    do: get_clinic\n"
            "    save: clinic\n"
            "    then: look\n"
        ),
    ),
    "U214": Code(
        "A flow that does not exist",
        "The flow to visit is in none of the files that were read.",
        "Correct the name, or add the flow.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - visit: find-everybody # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U215": Code(
        "An exit that does not exist",
        "A visit routes an exit that the visited flow does not declare.",
        "Correct the name, or declare the exit there.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "exits: [done]\n"
            "steps:\n"
            "  - id: whole\n"
            "    ask: Again?\n"
            "    kind: yes-no\n"
            "    then: {no: [return: done]}\n"
            "  - visit: other\n"
            "    then: {dnoe: over} # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U217": Code(
        "A word that is not known here",
        "Only certain words can stand here.",
        "Take one of those that are named.",
        ("flow: example\naudience: [agent]\nsteps:\n  - end: sovled # <- here\n"),
    ),
    "U218": Code(
        "A route for an answer that is not there",
        "The `then` names an answer that this question does not offer.",
        "Correct the name of the answer.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: junk\n"
            "    ask: Is it in the junk folder?\n"
            "    answers: {found: Found, missing: Missing}\n"
            "    then: {fuond: over} # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U219": Code(
        "Two flows with one name",
        "Flows are visited and started by name, so a name stands for one flow only.",
        "Rename one of them.",
        (
            "# Another file has a flow `other` already.\n"
            "flow: other # <- here\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - end: stopped\n"
        ),
    ),
    "U220": Code(
        "Too large",
        "The flow, the pack or its files are larger than the limits allow.",
        "Split it, or raise the limit.",
        (
            "# As it looks to somebody who allows two steps a flow.\n"
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: One # <- here\n"
            "  - say: Two\n"
            "  - end: stopped\n"
        ),
    ),
    "U221": Code(
        "A visit that leads back",
        "A flow visits itself, directly or through others, and would never come to an end.",
        "Use `go` within a flow; let visits lead to other flows only.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "exits: [done]\n"
            "steps:\n"
            "  - visit: example # <- here\n"
            "  - return: done\n"
        ),
    ),
    "U222": Code(
        "An exit that is not declared",
        "A `return` uses an exit that the flow's `exits` do not list.",
        "Add it to `exits`, or correct the name.",
        ("flow: example\naudience: [agent]\nexits: [arrived]\nsteps:\n  - return: arived # <- here\n"),
    ),
    "U223": Code(
        "Fields that do not go together",
        "What a question needs depends on its kind: `choice` has answers, `one` and `several` a list `of` "
        "records, the others neither.",
        "Change the kind, or the fields.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: how-many # <- here\n"
            "    ask: How many?\n"
            "    kind: several\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
}

_FACTS: Mapping[str, Code] = {
    "U300": Code(
        "A fact that may not be set",
        "On some of the ways that lead to this step the fact was never set.",
        "Set it on every way, or move the step to where it is set.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: junk\n"
            "    ask: Is it in the junk folder?\n"
            "    answers:\n"
            "      found: {label: Found, then: [{do: get_clinic, save: clinic}]}\n"
            "      missing: Missing\n"
            '  - say: "{{ clinic.name }} will help." # <- here\n'
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U301": Code(
        "A value of the wrong type",
        "The value does not fit what is expected where it is used.",
        "Give a value of the type that is named.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - do: get_client\n"
            "    with: {client: \"'Ana'\"} # <- here\n"
            "    save: client\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U302": Code(
        "A value is missing",
        "The action or the visited flow needs a value that is not given.",
        "Add it under `with`.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - do: get_client # <- here\n"
            "    save: client\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U303": Code(
        "A value nobody takes",
        "The action or the visited flow has no parameter or input of this name.",
        "Correct the name, or take it out.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - do: get_clinic\n"
            "    with: {name: \"'Maple'\"} # <- here\n"
            "    save: clinic\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U304": Code(
        "An action that does not exist",
        "No action of this name is declared.",
        "Correct the name.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - do: get_clinics # <- here\n"
            "    save: clinic\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U307": Code(
        "Not for this audience",
        "The flow is for people who may not call this action, or not visit this flow.",
        "Ask `can('action')` first, or narrow the flow's audience.",
        (
            "flow: example\n"
            "audience: [agent, client]\n"
            "steps:\n"
            "  - do: find_clients # <- here\n"
            "    with: {query: \"'Ana'\"}\n"
            "    save: found\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U308": Code(
        "A result that is not set",
        "The flow promises a result, and comes back on a way that does not set it.",
        "Set it before the `return`, or declare it `optional`.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "exits: [done]\n"
            "results: {clinic: Clinic}\n"
            "steps:\n"
            "  - return: done # <- here\n"
        ),
    ),
    "U309": Code(
        "A type or result that does not exist",
        "`inputs` and `results` name types that must be known, and `save` names results that the visited "
        "flow gives.",
        "Correct the name.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "inputs: {client: Klient} # <- here\n"
            "steps:\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U311": Code(
        "A name with a meaning of its own",
        "`today`, `audience`, `labels`, `problem`, `item` and `answer` are set by unstuck itself.",
        "Take another name.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - set: {today: \"'monday'\"} # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U312": Code(
        "A failure that never comes",
        "`on` names a way of failing in which this action cannot end.",
        "Take it out, or correct the name.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - do: get_clinic\n"
            "    save: clinic\n"
            "    on: {undeliverable: over} # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U313": Code(
        "Cases that do not fit",
        "`choose` decides by a word out of a closed list: every case must be one of these words, and "
        "without an `else` each needs a case.",
        "Correct the cases, or add an `else`.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - do: get_clinic\n"
            "    save: clinic\n"
            "  - choose: clinic.mail_policy\n"
            "    cases: {manuel: over} # <- here\n"
            "    else: over\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U314": Code(
        "A list is needed",
        "`of` and `each` run over the items of a list.",
        "Give a list.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - do: get_clinic\n"
            "    save: clinic\n"
            "  - id: which\n"
            "    ask: Which one?\n"
            "    kind: one\n"
            "    of: clinic # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
}

_REPLAYS: Mapping[str, Code] = {
    "U401": Code(
        "Not the shape of a replay",
        "A replay is a mapping with `replay`, `flow`, `as`, `turns` and `end`, and each turn a mapping "
        "with one of `ask`, `did`, `by hand`, `back`, `change` and so on.",
        "Compare with the examples in the folder `replays` beside a flow.",
        ("replay: an adult\nflow: email-not-received\nas: agent\nturns:\n  - who # <- here\nend: solved\n"),
        file="example.replay.yaml",
    ),
    "U402": Code(
        "A key that a replay does not know",
        "A replay and its turns know a fixed list of keys.",
        "Correct the spelling.",
        (
            "replay: an adult\n"
            "flow: email-not-received\n"
            "as: agent\n"
            "turns: []\n"
            "endd: solved # <- here\n"
            "end: solved\n"
        ),
        file="example.replay.yaml",
    ),
    "U403": Code(
        "A word that a replay does not know",
        "Audiences, outcomes, actions, failures and faults are words out of closed lists.",
        "Take one of the words that are named.",
        (
            "replay: an adult\n"
            "flow: email-not-received\n"
            "as: agent\n"
            "turns:\n"
            "  - {did: set_portal_setting} # <- here\n"
            "end: solved\n"
        ),
        file="example.replay.yaml",
    ),
    "U404": Code(
        "A question the flow does not have",
        "The replay answers a step that neither the flow nor any flow it visits has.",
        "Correct the id.",
        (
            "replay: an adult\n"
            "flow: email-not-received\n"
            "as: agent\n"
            "turns:\n"
            "  - {ask: whoo, answer: Ana} # <- here\n"
            "end: solved\n"
        ),
        file="example.replay.yaml",
    ),
    "U405": Code(
        "An answer the question does not have",
        "The replay answers a question with something that looks like the id of a choice, and is none of its "
        "choices.",
        "Take one of the ids that are named; where the answer is to be refused, add `problem: not_a_choice`.",
        (
            "replay: an adult\n"
            "flow: email-not-received\n"
            "as: agent\n"
            "turns:\n"
            "  - {ask: switch-on, answer: bothe} # <- here\n"
            "end: solved\n"
        ),
        file="example.replay.yaml",
    ),
    "U406": Code(
        "A change the flow never makes",
        "The replay expects the call of an action that neither the flow nor any flow it visits calls.",
        "Correct the action, or take the turn out.",
        ("replay: an adult\nflow: bounced\nas: agent\nturns:\n  - did: reset_mfa # <- here\nend: solved\n"),
        file="example.replay.yaml",
    ),
}

_DEPLOYMENT: Mapping[str, Code] = {
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
        "unknown key of a policy",
        "A policy file has the keys roles, confirm_from_risk, sends_a_day, evidence_by and actions; `roles`"
        " has everybody, usual and people.",
        "Correct the key, or remove it.",
        "role:  # <- here\n  usual: practitioner\n",
        file="policy.yaml",
    ),
    "U551": Code(
        "unknown action in a policy",
        "A policy names an action that neither the clinic's system nor the shipped policy knows.",
        "Correct the action's name.",
        "actions:\n  send_invitations: never  # <- here\n",
        file="policy.yaml",
    ),
    "U552": Code(
        "unknown audience in a policy",
        "The audiences are visitor, client, practitioner, agent and admin.",
        "Correct the audience.",
        "actions:\n  send_invitation: {agents: never}  # <- here\n",
        file="policy.yaml",
    ),
    "U553": Code(
        "unknown rule in a policy",
        "The rules are yes, never, self, evidence and second person; all but yes and never can be combined"
        " in a list.",
        "Use one of the rules.",
        "actions:\n  send_invitation: {agent: sometimes}  # <- here\n",
        file="policy.yaml",
    ),
    "U554": Code(
        "a policy grants more than an action allows",
        "Each action declares for which audiences it is made; a policy can only take away from that.",
        "Write `never` for this audience.",
        "actions:\n  find_clients: {visitor: yes}  # <- here\n",
        file="policy.yaml",
    ),
    "U555": Code(
        "a value that a policy cannot have",
        "A setting of a policy has the wrong form or is out of bounds: confirm_from_risk is 1, 2 or 3 (a call"
        " of risk 3 or 4 is always approved first), and evidence_by names known ways to verify an identity.",
        "Correct the value.",
        "confirm_from_risk: 4  # <- here\n",
        file="policy.yaml",
    ),
    "U560": Code(
        "unknown limit",
        "`limits.yaml` sets limits by their names; `unstuck reference` lists them with their defaults."
        " `retention.yaml` says for how many days what is kept; `unstuck privacy` lists the kinds.",
        "Correct the name, or remove it.",
        "step_a_flow: 2000  # <- here\n",
        file="limits.yaml",
    ),
    "U561": Code(
        "a limit out of bounds",
        "A limit is a whole number (of days in `retention.yaml`), and each has a least and a greatest value:"
        " beyond that, reading or running a flow could no longer be promised to end in time.",
        "Write a whole number within the bounds.",
        "depth: 5000  # <- here\n",
        file="limits.yaml",
    ),
    "U562": Code(
        "a settings file that nobody reads",
        "The folder of settings has a YAML file with a name that is not known, so that nothing in it counts.",
        "Correct the name of the file, or move it elsewhere.",
        "sends_a_day: 3\n",
        Severity.WARNING,
        file="polcy.yaml",
    ),
    "U563": Code(
        "an embed that cannot be used",
        "`embeds.yaml` says for each place where the widget stands from which origins its pages come, and"
        " where the keys of the server behind them are. Without that nobody could be let in safely.",
        "Write `origins` as https://HOST, and each key with `algorithm` and `from_env` or `from_file`.",
        "embeds:\n  portal:\n    origins: [portal.example]  # <- here\n",
        file="embeds.yaml",
    ),
    "U570": Code(
        "an unknown key or action in a mapping",
        "A mapping of an HTTP API (`NAME.rest.yaml`) knows a closed list of keys, and maps the actions that"
        " `unstuck reference` lists.",
        "Use the key that is suggested, or remove it.",
        "base: https://api.clinic.example\nactions:\n  get_clinc: {get: /clinic, result: body}  # <- here\n",
        file="example.rest.yaml",
    ),
    "U571": Code(
        "a value that does not fit in a mapping",
        "The key wants another kind of value; calls go to encrypted addresses only (or to this machine), and"
        " no secret stands in the file.",
        "Write what the finding says was expected.",
        "base: http://api.clinic.example  # <- here\nactions:\n  get_clinic: {get: /clinic, result: body}\n",
        file="example.rest.yaml",
    ),
    "U572": Code(
        "something is missing in a mapping",
        "A mapping needs its `base`, every action what its result is made of, every error when it is one.",
        "Add the key.",
        "base: https://api.clinic.example\nactions:\n  get_clinic: {get: /clinic}  # <- here\n",
        file="example.rest.yaml",
    ),
    "U573": Code(
        "a name that is not known at this place of a mapping",
        "Expressions read the parameters of the action, `key`, `actor` and `session`, and after a request its"
        " `status`, `headers` and `body`.",
        "Correct the name; a word of its own stands in quotes inside the quotes.",
        "base: https://api.clinic.example\nactions:\n"
        "  get_client: {get: '/clients/{{ person }}', result: body}  # <- here\n",
        file="example.rest.yaml",
    ),
}

CODES: Mapping[str, Code] = {
    **_READING,
    **_EXPRESSIONS,
    **_STRUCTURE,
    **_FACTS,
    **_REPLAYS,
    **_DEPLOYMENT,
}


def finding(
    code: str, place: Place, message: str, expected: str | None = None, repair: str | None = None
) -> Diagnostic:
    """A diagnostic with the severity its code declares. Raises KeyError for an undeclared code."""
    return Diagnostic(code, CODES[code].severity, place, message, expected, repair)
