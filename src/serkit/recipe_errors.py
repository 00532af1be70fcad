"""Say on one line what is wrong with a recipe: the key, its place, the rule, the nearest valid key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from serkit.errors import RecipeError
from serkit.unknown import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import ValidationError

_UNKNOWN_KEY = "extra_forbidden"
# Keys of a recipe that are joined into others before the fields are checked, by their place.
_WRITTEN_ONLY: dict[tuple[int | str, ...], set[str]] = {(): {"audio"}, ("features",): {"set"}}


def recipe_error(error: ValidationError, kind: type[BaseModel], source: str) -> RecipeError:
    """Return the first problem of a table as the error to raise.

    Parameters
    ----------
    error : pydantic.ValidationError
        What pydantic said.
    kind : type of BaseModel
        What the table should have been.
    source : str
        Where the table comes from, e.g. a file.

    Returns
    -------
    RecipeError
        Source, place and rule; the nearest valid key where a key is unknown.
    """
    # A misspelt key is unknown under its wrong name and missing under its right one: tell the former.
    first = min(error.errors(), key=lambda problem: problem["type"] != _UNKNOWN_KEY)
    place = first["loc"]
    if first["type"] == _UNKNOWN_KEY:
        unknown = unknown_name(RecipeError, "key", str(place[-1]), _known_keys(place[:-1], kind))
        return RecipeError(f"{source}: {_written(place[:-1])}{unknown.problem}", hint=unknown.hint)
    rule = first["msg"].removeprefix("Value error, ")
    rule = (rule[0].lower() + rule[1:]).replace("tuple", "list").replace("dictionary", "table")
    return RecipeError(f"{source}: {_written(place)}{rule}")


def _written(place: Sequence[int | str]) -> str:
    """Return a place as a recipe writes it, e.g. ``"features.blocks[0].name: "``."""
    # [audio] is a table of its own in a recipe, and part of the features within.
    parts = place[1:] if tuple(place[:2]) == ("features", "audio") else place
    keys = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return f"{keys.removeprefix('.')}: " if keys else ""


def _known_keys(place: Sequence[int | str], kind: type[BaseModel]) -> set[str]:
    """Return the keys of the table at a place; a number or a protocol's name leads no deeper."""
    for part in place:
        if part in kind.model_fields:
            kind = next(_models_in(kind.model_fields[str(part)].annotation), kind)
    return set(kind.model_fields) | _WRITTEN_ONLY.get(tuple(place), set())


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the pydantic models in a type such as ``dict[str, Model]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
