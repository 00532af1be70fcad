"""Recipes: a TOML file says which data, split, features, model and search make a model.

A recipe is checked to the last key before anything runs. Its tables:

``name``, ``summary``, ``seed``
    Its name, one line about it, and the seed of all that is random.
``[data]``
    `corpora` and `emotions` that it uses, all if not given; `include_song`; `own_emotions`.
``[protocol.NAME]``
    One way to split, as in `serkit.splits.Protocol`; `corpora` that it is for.
``[audio]``, ``[features]``
    As in `serkit.features.AudioSpec` and `FeatureSet`; ``set = "NAME"`` starts from a named feature set.
``[augment]``
    `chains` of alterations, `copies` and `seed`, as in `serkit.augment.AugmentPlan`; of training rows only.
``[model]``
    `name` of a model, `balance`, and the parameters of that model.
``[search]``
    `grid` of parameters and `blocks` of features to choose from, and `folds` of held-out speakers to
    choose on.
``[calibration]``
    `method`.
``[export]``
    `weights`, and how `narrow` layers may become, all or the `narrow_last`.
"""

from __future__ import annotations

import tomllib
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    SerializeAsAny,
    ValidationError,
    model_validator,
)

from serkit.augment import AugmentPlan  # noqa: TC001 - pydantic reads it at run time
from serkit.errors import RecipeError
from serkit.features import FEATURE_SETS, FeatureSet
from serkit.models import MODELS, ModelSettings
from serkit.models.network_settings import NetworkSettings
from serkit.recipe_errors import recipe_error
from serkit.recipe_tables import Calibration, Data, Export, RecipeProtocol, Search, Table
from serkit.unknown import unknown_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

RECIPES = Path(__file__).parent / "recipes"


def _model_settings(table: Any) -> Any:
    """Check a [model] table as the settings of the model that it names."""
    if not isinstance(table, dict) or "name" not in table:
        return table
    if table["name"] not in MODELS:
        raise ValueError(str(unknown_name(RecipeError, "model", str(table["name"]), MODELS)))
    return MODELS[table["name"]].model_validate(table)


class Recipe(Table):
    """Everything that makes a model, but the recordings.

    Attributes
    ----------
    name, summary : str
        Its name (lower-case letters, digits, ``-``, ``_``, ``.``) and one line about it.
    seed : int
        Of everything that is random in the model.
    data : Data
        Recordings.
    protocol : dict of str to RecipeProtocol
        Splits by name.
    features : FeatureSet
        Front end.
    augment : AugmentPlan, optional
        Altered copies of the training rows.
    model : ModelSettings
        Model and its parameters.
    search : Search
        How parameters are chosen.
    calibration : Calibration
        How scores become probabilities.
    export : Export
        How the model is saved.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    summary: str = ""
    seed: NonNegativeInt = 0
    data: Data = Data()
    protocol: Annotated[dict[str, RecipeProtocol], Field(min_length=1)]
    features: FeatureSet
    augment: AugmentPlan | None = None
    model: Annotated[SerializeAsAny[ModelSettings], BeforeValidator(_model_settings)]
    search: Search = Search()
    calibration: Calibration = Calibration()
    export: Export = Export()

    @model_validator(mode="before")
    @classmethod
    def _join_features(cls, table: dict[str, Any]) -> dict[str, Any]:
        """Put [features] upon the named set that it starts from, and [audio] into it."""
        given, audio = table.get("features", {}), table.get("audio", {})
        if not isinstance(audio, dict):
            raise ValueError("audio: input should be a table")
        if not isinstance(given, dict):
            return table
        base = _feature_set(given["set"]) if "set" in given else {}
        features = base | {key: value for key, value in given.items() if key != "set"}
        features["audio"] = base.get("audio", {}) | given.get("audio", {}) | audio
        return {key: value for key, value in table.items() if key != "audio"} | {"features": features}

    @model_validator(mode="after")
    def _check_parts_fit(self) -> Recipe:
        layouts = self.model.layouts
        if self.features.layout not in layouts:
            taken = " or ".join(map(repr, layouts))
            raise ValueError(f"features.layout: {self.model.name} takes {taken}")
        shape, smallest = self.features.shape, self.model.minimum_shape
        pairs = zip(shape, smallest, strict=False)  # a model may ask for nothing
        if any(length is not None and length < least for length, least in pairs):
            raise ValueError(f"features: {self.model.name} takes {smallest} and more values, not {shape}")
        if self.data.own_emotions and not isinstance(self.model, NetworkSettings):
            raise ValueError(f"data.own_emotions: {self.model.name} cannot learn so, only networks can")
        if bool(self.data.votes) != bool(getattr(self.model, "votes", 0.0)):
            raise ValueError("data.votes: which votes, and model.votes: their share, need each other")
        network = self.model if isinstance(self.model, NetworkSettings) else None
        if self.calibration.refit == "head" and not (network and network.solves_head):
            raise ValueError('calibration.refit: only landmarks are fitted by themselves, set "model"')
        if self.calibration.by_clip and not (network and network.hears_published):
            raise ValueError(
                f"calibration.method: {self.model.name} here hears nothing that stays as it was published, "
                'set "temperature"'
            )
        for name, values in self.search.grid.items():
            for value in values:
                self._check_candidate(name, value)
        return self

    def _check_candidate(self, name: str, value: Any) -> None:
        if name not in self.model.parameters():
            unknown = unknown_name(RecipeError, "parameter", name, self.model.parameters())
            raise ValueError(f"search.grid: {unknown}")
        try:
            self.model.with_parameters({name: value})
        except ValidationError as error:
            raise ValueError(f"search.grid.{name}: {value!r}: {error.errors()[0]['msg']}") from error

    def choose_protocol(self, name: str | None, corpora: Collection[str]) -> str:
        """Return the name of a protocol; without one, of the only one that is for these corpora.

        Raises
        ------
        RecipeError
            If there is no such protocol, or none is named and not just one fits.
        """
        if name in self.protocol:
            return name
        fitting = [key for key in self.protocol if self.corpora(key) in (frozenset(), frozenset(corpora))]
        if name is None and len(fitting) == 1:
            return fitting[0]
        if name is not None:
            unknown = unknown_name(RecipeError, "protocol", name, self.protocol)
            raise RecipeError(f"{self.name}: {unknown.problem}", hint=unknown.hint)
        held = ", ".join(sorted(corpora))
        problem = f"{self.name}: {len(fitting) or 'none'} of its protocols are for the corpora {held}"
        raise RecipeError(problem, hint=f"name one of {', '.join(self.protocol)}")

    def corpora(self, protocol: str) -> frozenset[str]:
        """Return the corpora that a protocol is for; empty for whatever the manifest holds."""
        return frozenset(self.protocol[protocol].corpora or self.data.corpora)


def _feature_set(name: Any) -> dict[str, Any]:
    if name not in FEATURE_SETS:
        unknown = unknown_name(RecipeError, "feature set", str(name), FEATURE_SETS)
        raise ValueError(f"features.set: {unknown}")
    return FEATURE_SETS[name].model_dump()


def list_recipes() -> list[str]:
    """Return the names of the recipes that ship with serkit.

    Examples
    --------
    >>> "functionals-logistic-regression" in list_recipes()
    True
    """
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def load_recipe(name_or_path: Path | str, overrides: Iterable[str] = ()) -> Recipe:
    """Load and check a recipe.

    Parameters
    ----------
    name_or_path : Path or str
        A name from `list_recipes`, or a file ending in .toml.
    overrides : iterable of str
        Settings that replace those of the recipe, e.g. ``"model.C=10"``. Values are written as in TOML; text
        may go without its quotes.

    Returns
    -------
    Recipe

    Raises
    ------
    RecipeError
        If there is no such recipe, it is not TOML, or a key or value is wrong; the message names the key, its
        place and the nearest valid one.

    Examples
    --------
    >>> load_recipe("functionals-svm-rbf", ["model.C=10"]).model.C
    10.0
    """
    path = find_recipe(name_or_path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path}: not a TOML file: {error}") from error
    return parse_recipe(table, overrides, source=str(name_or_path))


def parse_recipe(
    table: Mapping[str, Any], overrides: Iterable[str] = (), *, source: str = "recipe"
) -> Recipe:
    """Check a recipe that was read from elsewhere, e.g. from the record of a run.

    Parameters
    ----------
    table : mapping
        The tables of the recipe.
    overrides : iterable of str
        Settings that replace those of the recipe, as in `load_recipe`.
    source : str, default "recipe"
        Name for error messages.

    Raises
    ------
    RecipeError
        If a key or value is wrong.

    Examples
    --------
    >>> recipe = load_recipe("functionals-svm-rbf")
    >>> parse_recipe(recipe.model_dump(mode="json")) == recipe
    True
    """
    changed = deepcopy(dict(table))
    for override in overrides:
        _override(changed, override)
    try:
        return Recipe.model_validate(changed)
    except ValidationError as error:
        raise recipe_error(error, Recipe, source) from error


def find_recipe(name_or_path: Path | str) -> Path:
    """Return the file of a recipe that ships with serkit, or of one on disk.

    Raises
    ------
    RecipeError
        If there is no such recipe.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml":
        if not path.is_file():
            raise RecipeError(f"{path}: no such file", hint="check the path")
        return path
    if str(name_or_path) not in list_recipes():
        unknown = unknown_name(RecipeError, "recipe", str(name_or_path), list_recipes())
        raise RecipeError(unknown.problem, hint=f"{unknown.hint}; or give a file ending in .toml")
    return RECIPES / f"{name_or_path}.toml"


def _override(table: dict[str, Any], override: str) -> None:
    """Set one key of a table; tables on the way to it are made."""
    key, separator, text = override.partition("=")
    *tables, last = key.strip().split(".")
    if not separator or not last:
        raise RecipeError(f"--set {override}: not of the form key=value", hint="e.g. --set model.C=10")
    for part in tables:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise RecipeError(f"--set {override}: {part} is a value, not a table")
    table[last] = _toml_value(text.strip())


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
