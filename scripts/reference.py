"""Fill the parts of docs/ that follow from the code: ``python scripts/reference.py [--check]``.

A page holds the marker ``<!-- generated: NAME ARGUMENT -->``; what stands between it and ``<!-- end -->`` is
replaced by what the function NAME of `GENERATORS` returns. With ``--check`` nothing is written: the pages
that are out of date are named, and the exit status is 1 if there is one.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "serkit"
MARKED = re.compile(r"(<!-- generated: (\S+)(?: (\S+))? -->\n).*?(<!-- end -->)", re.DOTALL)
SECTION = re.compile(r"^(?:Attributes|Parameters)\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", re.DOTALL | re.MULTILINE)
ENTRY = re.compile(r"^(\w+(?:, \w+)*) : (.+)\n((?:    .*\n?|\n)*)", re.MULTILINE)


def fill(text: str) -> str:
    """Return a page with its marked parts written anew."""

    def write(match: re.Match[str]) -> str:
        begin, name, argument, end = match.groups()
        content = GENERATORS[name](argument) if argument else GENERATORS[name]()
        return f"{begin}\n{content.strip()}\n\n{end}"

    return MARKED.sub(write, text)


def outdated() -> dict[Path, str]:
    """Return the pages that differ from what the code says, with their new text."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
    filled = {path: fill(text) for path, text in pages.items()}
    return {path: text for path, text in filled.items() if text != pages[path]}


def table(header: str, rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table; `header` is written ``"a | b"``."""
    lines = [header.split(" | "), ["---"] * (header.count(" | ") + 1), *([_cell(c) for c in r] for r in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(content: object) -> str:
    return " ".join(str(content).replace("``", "`").replace("|", "\\|").split())


def _code(values: Iterable[object]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def described(kind: type) -> dict[str, tuple[str, str]]:
    """Return type and meaning of each attribute in the docstrings of a class and its parents."""
    found: dict[str, tuple[str, str]] = {}
    for one in reversed(kind.__mro__):
        section = SECTION.search(inspect.cleandoc(one.__doc__ or "") + "\n")
        for names, types, text in ENTRY.findall(section[1] if section else ""):
            found.update(_entries(names.split(", "), types, text))
    return found


def _entries(names: list[str], types: str, text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each attribute of an entry such as ``name, licence : str``."""
    types = re.sub(r", (?:default .*|optional)$", "", types).replace("tuple of", "list of")
    parts = types.split(", ") if types.count(", ") == len(names) - 1 else [types] * len(names)
    for name, part in zip(names, parts, strict=True):
        yield name, (part, text)


def keys(path: str) -> str:
    """Table of the fields of a pydantic model."""
    module, _, name = path.rpartition(".")
    kind: type[BaseModel] = getattr(import_module(module), name)
    known = described(kind)
    rows = (
        (f"`{key}`", known[key][0], _default(field), known[key][1])
        for key, field in kind.model_fields.items()
    )
    return table("key | type | default | meaning", rows)


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    return "its own defaults" if isinstance(default, BaseModel) else _plain(default)


def _plain(value: object) -> str:
    """Return a value as a recipe writes it."""
    return "–" if value is None or value in ((), {}, "") else f"`{json.dumps(value)}`"


def models() -> str:
    """List the models with their settings."""
    from serkit.models import MODELS, ModelSettings
    from serkit.models.network_settings import NetworkSettings

    parts = []
    for name, kind in MODELS.items():
        common = (NetworkSettings if issubclass(kind, NetworkSettings) else ModelSettings).model_fields
        own = {
            key: field
            for key, field in kind.model_fields.items()
            if key not in common or (key != "name" and field.default != common[key].default)
        }
        settings = ", ".join(f"`{key}` ({_default(field)})" for key, field in own.items())
        parts.append((f"`{name}`", inspect.getdoc(kind).partition("\n")[0], settings))
    return table("name | what it is | parameters (default)", parts)


def recipes() -> str:
    """List the recipes that ship."""
    from serkit.recipe import list_recipes, load_recipe

    loaded = [load_recipe(name) for name in list_recipes()]
    rows = ((f"`{recipe.name}`", recipe.summary, _code(recipe.protocol)) for recipe in loaded)
    return table("recipe | summary | protocols", rows)


def augmentations() -> str:
    """List the alterations that a chain is made of."""
    from serkit.augment import STEPS

    rows = (
        (
            f"`{name}`",
            kind.summary,
            "; ".join(
                f"`{key}` (`[{one.low:g}, {one.high:g}]`, from {one.least:g} to {one.most:g})"
                if one.low < one.high
                else f"`{key}` (`{one.low:g}`, from {one.least:g} to {one.most:g})"
                for key, one in kind.settings.items()
            )
            or "–",
            "yes" if kind.reads_folder else "no",
        )
        for name, kind in STEPS.items()
    )
    return table("name | what it makes | settings (default, limits) | needs a folder", rows)


def published_folds() -> str:
    """List the published fold lists."""
    from serkit.splits import published_folds as one_list
    from serkit.splits import published_names

    lists = map(one_list, published_names())
    rows = (
        (f"`{one.name}`", one.corpus, len(one.test), "no" if one.speakers_disjoint else "yes", one.source)
        for one in lists
    )
    return table("list | corpus | folds | speakers cross | published in", rows)


def columns() -> str:
    """List the columns of a manifest."""
    from serkit.corpora.manifest import SCHEMA, VOTES

    rows = (
        (f"`{one.name}`", "yes" if one.required else "", one.meaning, one.rule)
        for one in (*SCHEMA.values(), VOTES)
    )
    return table("column | required | meaning | rule", rows)


def findings() -> str:
    """List the kinds of finding of an audit."""
    from serkit.corpora import KINDS

    dropped = {"all": "every clip", "repeats": "all but the first", "none": "nothing"}
    rows = ((f"`{name}`", kind.meaning, dropped[kind.drops]) for name, kind in KINDS.items())
    return table("kind | meaning | left out by `scan` and `train`", rows)


def corpora() -> str:
    """List the corpora that are known by their file names."""
    from serkit.corpora import CORPORA

    rows = (
        (
            f"`{one.name}`",
            f"[{one.title}]({one.homepage})",
            f"{sum(one.counts['speech'].values()):,}",
            len(one.speakers),
            ", ".join(one.counts["speech"]),
            f"`{one.example}`",
            one.licence.partition(" (")[0],
            "yes" if one.archive else "no",
        )
        for one in CORPORA.values()
    )
    return table("name | corpus | clips | speakers | emotions | file name | licence | download", rows)


def emotions() -> str:
    """List the canonical emotions."""
    from serkit.emotions import EMOTIONS

    rows = ((f"`{e.name}`", ", ".join(e.synonyms), e.valence, e.arousal) for e in EMOTIONS.values())
    return table("emotion | also read as | valence | arousal", rows)


def descriptors() -> str:
    """List the descriptors."""
    from serkit.features import DESCRIPTORS

    rows = (
        (
            f"`{name}`",
            one.summary,
            ", ".join(f"`{key}` ({_plain(value)})" for key, value in one.defaults.items()) or "–",
            "yes" if one.per_frame else "no",
        )
        for name, one in DESCRIPTORS.items()
    )
    return table("descriptor | what it is | parameters (default) | per frame", rows)


def functionals() -> str:
    """List the functionals."""
    from serkit.features import FUNCTIONALS

    return f"{_code(FUNCTIONALS)}, and `percentile_00` to `percentile_99`."


def feature_sets() -> str:
    """List the named feature sets."""
    from serkit.features import FEATURE_SETS

    rows = (
        (
            f"`{name}`",
            one.layout,
            " × ".join("frames" if n is None else f"{n}" for n in one.shape),
            f"{one.audio.sampling_rate:,} Hz",
            ", ".join(dict.fromkeys(block.label or block.name for block in one.blocks)),
        )
        for name, one in FEATURE_SETS.items()
    )
    return table("set | layout | shape | rate | blocks", rows)


def errors() -> str:
    """List the errors with their parents."""
    from serkit import errors as module

    kinds = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == module.__name__
    ]
    rows = (
        (
            f"`{kind.__name__}`",
            _code(parent.__name__ for parent in kind.__bases__),
            kind.__doc__.partition("\n")[0],
        )
        for kind in kinds
    )
    return table("class | is a | when", rows)


def modules() -> str:
    """List every file of the package with the first line of its docstring."""
    lines = [f"{'src/serkit/':30}  {_summary(PACKAGE / '__init__.py')}"]
    for path in sorted(PACKAGE.rglob("*.py"), key=_place):
        depth = len(path.relative_to(PACKAGE).parts)
        if path.name == "__init__.py" and depth > 1:
            lines.append(
                f"{'    ' * (depth - 1)}{path.parent.name + '/':{30 - 4 * (depth - 1)}}  {_summary(path)}"
            )
        elif path.name != "__init__.py":
            lines.append(f"{'    ' * depth}{path.name:{30 - 4 * depth}}  {_summary(path)}")
    return "```text\n" + "\n".join(lines) + "\n```"


def _place(path: Path) -> tuple[object, ...]:
    """Sort files before folders, and a folder's own file before those in it."""
    *folders, name = path.relative_to(PACKAGE).parts
    return (*((1, folder) for folder in folders), (0, "" if name == "__init__.py" else name))


def _summary(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n\n")[0].replace("\n", " ").replace("``", "`")


def commands() -> str:
    """Describe every command with its arguments and options."""
    from typer.main import get_command

    from serkit.cli import app

    root = get_command(app)
    parts = [_command("serkit", root)]
    for name in root.commands:
        command = root.commands[name]
        parts.append(_command(f"serkit {name}", command))
        parts += [
            _command(f"serkit {name} {sub}", one) for sub, one in getattr(command, "commands", {}).items()
        ]
    return "\n\n".join(parts)


def _command(name: str, command: Any) -> str:
    import typer

    usage = " ".join(command.collect_usage_pieces(typer.Context(command, info_name=name)))
    parameters = [_parameter(parameter) for parameter in command.params]
    given = [table("argument or option | value | default | meaning", parameters)] if parameters else []
    level = "#" * (1 + len(name.split()))
    return "\n\n".join(
        [
            f"{level} `{name}`",
            f"`{name} {usage}`",
            f"```text\n{inspect.cleandoc(command.help or '')}\n```",
            *given,
        ]
    )


def _parameter(parameter: Any) -> tuple[str, ...]:
    option = parameter.opts[0].startswith("-")
    names = (
        " / ".join([*parameter.opts, *parameter.secondary_opts])
        if option
        else parameter.metavar or parameter.name
    )
    flag = getattr(parameter, "is_flag", False)
    repeated = "; repeatable" if parameter.multiple else ""
    value = "" if flag or not option else f"`{_value(parameter)}`{repeated}"
    return f"`{names}`", value, _given_by_default(parameter, flag=flag), parameter.help or ""


def _value(parameter: Any) -> str:
    """Return how a value is written: what the option says, the words to choose from, or its type."""
    annotation = parameter.type_descriptor.annotation
    choices = getattr(annotation, "__members__", {}).values()
    return parameter.metavar or "|".join(choices) or annotation.__name__.upper()


def _given_by_default(parameter: Any, *, flag: bool) -> str:
    if parameter.required:
        return "required"
    if flag and parameter.secondary_opts:
        return f"`{parameter.opts[0] if parameter.default else parameter.secondary_opts[0]}`"
    return "" if parameter.default is None or parameter.default is False else f"`{parameter.default}`"


GENERATORS: dict[str, Callable[..., str]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        keys,
        models,
        recipes,
        augmentations,
        published_folds,
        columns,
        findings,
        corpora,
        emotions,
        descriptors,
        functionals,
        feature_sets,
        errors,
        modules,
        commands,
    )
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Fill the parts of docs/ that follow from the code.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing, name the pages that are out of date"
    )
    check = parser.parse_args().check
    pages = outdated()
    for path, text in pages.items():
        print(f"{'out of date' if check else 'written'}: {path.relative_to(ROOT)}", file=sys.stderr)
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(pages))


if __name__ == "__main__":
    sys.exit(main())
