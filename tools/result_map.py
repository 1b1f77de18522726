"""Which result rests on which: found in the ledgers and texts of the chapters, and kept in chapters/map.json.

A result or definition rests on

* ``proof``: the definitions that were put in for their letters when the ledger proved or measured it;
* ``text``: the equations that the text in front of it cites, from the equation before it on (and, for a result that is
  argued in words, the text behind it, up to the next equation or heading);
* ``again``: the same statement in an earlier chapter, which it repeats for the reader's convenience.

What another one of them rests on already is left out: a result rests on softmax, softmax on its normaliser.
Run by itself, it runs every chapter and writes the file; tests/test_equations.py holds the file to be current.
"""

import json
import re
import sys
from pathlib import Path

from softmax_proofs.derivation import Derivation, _entry, _expand, _rule_key

ROOT = Path(__file__).parents[1]
FILE = ROOT / "chapters" / "map.json"

#: A displayed equation's label, a citation, or a heading, in the order of the text.
MARKS = re.compile(r"^\$\$ \((?P<equation>[\w-]+)\)|\{eq\}`(?P<cited>[\w-]+)`|^(?P<heading>#+ )", re.M)


class NotedRules(dict):
    """Rewriting rules that note which of them are used."""

    def __init__(self, rules=(), used=None):
        super().__init__(rules)
        self.used = set() if used is None else used

    def __getitem__(self, key):
        self.used.add(key)
        return super().__getitem__(key)

    def copy(self):
        return NotedRules(self.items(), self.used)


def proof_steps(ledger):
    """For each equation of a ledger, the definitions that its proof or its measurement has used."""
    rules, label_of, steps = NotedRules(), {}, {}
    for label, equation in ledger.equations.items():
        rules.used.clear()
        if equation.kind == "definition":
            _expand(_entry(equation.chain[-1]), rules)
        elif "argued in the text" in equation.status:
            Derivation(rules=rules)._measure(equation.chain, equation.where)
        else:
            Derivation(rules=rules)._unproved(equation.chain, equation.where)
        steps[label] = {label_of[key] for key in rules.used}
        if equation.replaces:
            left, _, right = equation.chain
            key, arguments = _rule_key(_entry(left))
            rules[key] = arguments, _entry(right)
            label_of[key] = label
    return steps


def citations(markdown, argued=()):
    """For each equation of a chapter's text, the equations that are cited for it."""
    cited, before, equation = {}, set(), None
    for mark in MARKS.finditer(markdown):
        if mark["equation"]:
            equation = mark["equation"]
            cited[equation], before = before, set()
        elif mark["heading"]:
            equation, before = None, set()
        else:
            before.add(mark["cited"])
            if equation in argued:
                cited[equation].add(mark["cited"])
    return cited


def reduced(parents):
    """Without what is reached by way of another parent; the equations stand in the order of the book."""
    above = {}
    for label, direct in parents.items():
        above[label] = set(direct).union(*(above[parent] for parent in direct))
    return {
        label: {parent for parent in direct if not any(parent in above[other] for other in direct)}
        for label, direct in parents.items()
    }


def result_map(chapters):
    """The map of the book from (ledger, Markdown text) of each chapter in turn: {label: {how: labels, in order}}."""
    order, how, first = [], {}, {}
    for ledger, markdown in chapters:
        steps = proof_steps(ledger)
        argued = {label for label, equation in ledger.equations.items() if "argued in the text" in equation.status}
        cited = citations(markdown, argued)
        for label in [found for found in cited if found in ledger.equations]:
            equation = ledger.equations[label]
            if equation.kind == "quoted":
                continue
            same = first.setdefault((equation.chain, equation.where), label)
            earlier = {parent for parent in cited[label] if parent in how}
            how[label] = {"proof": steps[label] - {label}, "text": earlier, "again": {same} - {label}}
            order.append(label)
    place = {label: i for i, label in enumerate(order)}
    late = [(label, parent) for label in order for parent in how[label]["proof"] if place[parent] > place[label]]
    if late:
        raise ValueError(f"used before it is displayed: {late}")
    direct = reduced({label: set().union(*how[label].values()) for label in order})
    return {
        label: {kind: sorted(found & direct[label], key=place.get) for kind, found in how[label].items()}
        for label in order
    }


def text_of(notebook):
    """The Markdown of a notebook, cell after cell."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def as_json(found):
    """One equation a line, so that a change reads well."""
    lines = (f"{json.dumps(label)}: {json.dumps({k: v for k, v in by.items() if v})}" for label, by in found.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main():
    sys.path.append(str(ROOT / "tests"))  # which know how to run a chapter and take its ledger
    from chapters_as_run import CHAPTERS, executed, stored

    found = result_map((executed(path)[1], text_of(stored(path))) for path in CHAPTERS)
    FILE.write_text(as_json(found), encoding="utf-8")
    print(f"{FILE.relative_to(ROOT)}: {len(found)} definitions and results")


if __name__ == "__main__":
    main()
