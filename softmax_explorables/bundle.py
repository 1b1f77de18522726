"""Join the ES modules of the explorables into one, for the places that cannot load several.

A page opened from disk may run a script, but may not import a module; a notebook's widget is one string.
The modules keep to a few forms, so that lines are all there is to look at: ``import { a, b } from "./name.js";``
and ``export`` before a declaration, as a list at the end, or as ``export default``.
"""

import re
from functools import cache
from pathlib import Path

MODULES = Path(__file__).with_name("modules")
IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./(\w+)\.js";\n', re.M)
DECLARATION = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) (\w+))", re.M)
DEFAULT = re.compile(r"^export default ", re.M)
LIST = re.compile(r"(?:^|(?<=[;}]))export\s*\{([^}]*)\};?\s*\Z", re.M)


@cache
def source(name):
    """The text of a module."""
    return (MODULES / f"{name}.js").read_text(encoding="utf-8")


def dependencies(name):
    """The modules that a module needs, each after those that it needs itself, and the module at the end."""
    order = []
    for needed in IMPORT.findall(source(name)):
        order += [each for each in dependencies(needed[1]) if each not in order]
    return [*order, name]


def renamed(names, separator):
    """The names ``a as b, c`` with another separator for ``as``."""
    pairs = [re.split(r"\s+as\s+", each.strip()) for each in names.split(",") if each.strip()]
    return ", ".join(separator.join(pair) if len(pair) == 2 else pair[0] for pair in pairs)


def as_function(name, registry):
    """A module as an expression: a function, called at once, that returns what the module exports."""
    text = IMPORT.sub(lambda found: f"const {{{renamed(found[1], ': ')}}} = {registry}.{found[2]};\n", source(name))
    exports = DECLARATION.findall(text)
    for found in LIST.findall(text):
        exports += [": ".join(reversed(re.split(r"\s+as\s+", each.strip()))) for each in found.split(",")]
    exports += ["default: defaultExport"] if DEFAULT.search(text) else []
    text = DEFAULT.sub("const defaultExport = ", DECLARATION.sub("", LIST.sub("", text)))
    if re.search(r"^(?:import|export)\b", text, re.M):
        raise ValueError(f"{name}.js imports or exports in a form that is not known here; see bundle.py")
    return f"(() => {{\n{text}\nreturn {{{', '.join(exports)}}};\n}})()"


def script(name):
    """A module as a plain script, which leaves what it exports in ``explorables``."""
    return f"(globalThis.explorables ??= {{}}).{name} = {as_function(name, 'explorables')};\n"


def bundle(name):
    """A module and all it needs as one ES module with the same default export."""
    parts = [f"modules.{each} = {as_function(each, 'modules')};" for each in dependencies(name)]
    return "const modules = {};\n" + "\n".join(parts) + f"\nexport default modules.{name}.default;\n"
