"""The codes of what is found in reading YAML: what no flow, policy or people file may hold."""

from __future__ import annotations

from collections.abc import Mapping

from engine.codes.code import Code
from engine.diagnostics import Severity

READING: Mapping[str, Code] = {
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
        "A quote or bracket without its partner",
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
    "U028": Code(
        "A text that is cut off by a remark",
        "Behind a blank, `#` begins a remark: what follows is not part of the text, and nobody will read it.",
        "Put the text in quotes. If it is a remark, write a blank behind the `#`.",
        "flow: greeting\naudience: [agent]\nsteps:\n  - say: You are our patient #1 today. # <- here\n"
        "  - end: stopped\n",
        severity=Severity.WARNING,
    ),
}
