"""The codes of what is found in facts, their types, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping

from engine.codes.code import Code
from engine.diagnostics import Severity

FACTS: Mapping[str, Code] = {
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
        "`today`, `audience`, `me`, `labels`, `problem`, `item` and `answer` are set by unstuck itself.",
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
    "U316": Code(
        "Shown to somebody who may not see it",
        "Records say for their members who may not see them: a visitor may be anybody, and whoever is signed"
        " in does not see addresses and birth dates in full. Here such a value is shown to one of the flow's"
        " audiences; it may have come through `set`, or through the inputs and results of other flows. What"
        " decides which words are shown, or which answers are offered, is told by that as well. What decides"
        " where the flow goes on (`if`, `choose`) is not followed: see that both ways say the same.",
        "Take it out, mask it (`| masked`), or show it to the others only: `{% if audience != 'client' %}`.",
        (
            "flow: example\n"
            "audience: [agent, client]\n"
            "inputs: {client: Client}\n"
            "exits: [done]\n"
            "steps:\n"
            "  - say: \"You were born on {{ client.birth_date | default('?') }}.\" # <- here\n"
            "  - return: done\n"
        ),
    ),
    "U317": Code(
        "A fact of two kinds",
        "On some of the ways that lead here the fact was set to one kind of value, and on others to another,"
        " so that nothing can be done with it.",
        "Keep the two under names of their own.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: how-often\n"
            "    ask: How often has it happened?\n"
            "    answers:\n"
            "      once: {label: Once, then: [set: {times: 1}]}\n"
            "      often: {label: Often, then: [set: {times: \"'often'\"}]}\n"
            "  - say: It has happened {{ times }}. # <- here\n"
            "  - end: stopped\n"
        ),
    ),
    "U320": Code(
        "A fact that nobody reads",
        "A step sets a fact, and no condition, text, call or result of the flow uses it. Mostly another name"
        " was meant, or it is left over.",
        "Use it, or do not keep it.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - do: get_clinic\n"
            "    save: clinic # <- here\n"
            "  - end: stopped\n"
        ),
        severity=Severity.WARNING,
    ),
    "U321": Code(
        "An input that nobody reads",
        "A flow asks whoever visits it for something that none of its steps uses.",
        "Use it, or take it out of `inputs` and of the visits.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "inputs: {clinic: Clinic} # <- here\n"
            "exits: [done]\n"
            "steps:\n"
            "  - return: done\n"
        ),
        severity=Severity.WARNING,
    ),
    "U322": Code(
        "A result that nobody takes",
        "A flow gives a result, and none of the flows that visit it saves it.",
        "Save it where it is needed, or take it out of `results`.",
        (
            "# Another flow visits this one, and saves nothing.\n"
            "flow: unnoticed\n"
            "audience: [agent]\n"
            "results: {word: text} # <- here\n"
            "exits: [done]\n"
            "steps:\n"
            "  - set: {word: \"'x'\"}\n"
            "  - return: done\n"
        ),
        severity=Severity.WARNING,
    ),
    "U323": Code(
        "An exit that is never taken",
        "A flow declares a way back that none of its `return` steps uses, so that whoever visits it waits for"
        " it in vain.",
        "Write the `return`, or take the exit out.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "exits: [arrived, missing] # <- here\n"
            "steps:\n"
            "  - return: arrived\n"
        ),
        severity=Severity.WARNING,
    ),
    "U324": Code(
        "A label that nobody shows",
        "The vocabulary has a label that no text of any flow uses.",
        "Use it, or take it out.",
        ("labels:\n  save: Save # <- here\n"),
        severity=Severity.WARNING,
        file="vocabulary.yaml",
    ),
    "U325": Code(
        "An audience that never comes",
        "A flow that is only visited is declared for somebody for whom none of the flows that visit it is. It"
        " is open to more people than anybody meant, or the flows that should bring them do not.",
        "Take the audience out, or add it to the flows that visit this one.",
        (
            "# Another flow visits this one, and is for agents only.\n"
            "flow: unnoticed\n"
            "audience: [agent, client] # <- here\n"
            "exits: [done]\n"
            "steps:\n"
            "  - return: done\n"
        ),
        severity=Severity.WARNING,
    ),
    "U326": Code(
        "A question that may have no answer",
        "There is nothing to choose from in an empty list, so that nobody can answer and go on.",
        "Ask with `if` whether the list `is empty`, add an answer beside the records, or make it optional.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "exits: [done]\n"
            "steps:\n"
            "  - {id: name, ask: Who is it?, kind: text, save: name}\n"
            "  - {do: find_clients, with: {query: name}, save: found}\n"
            "  - id: which\n"
            "    ask: Which of them?\n"
            "    kind: one\n"
            "    of: found.clients # <- here\n"
            "    save: client\n"
            '  - say: "{{ client.name }}"\n'
            "  - return: done\n"
        ),
        severity=Severity.WARNING,
    ),
}
