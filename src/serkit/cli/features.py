"""`serkit features`: list feature sets, extract them from the recordings of a manifest."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.cli.recordings import WorkersOption  # noqa: TC001 - typer reads it at run time
from serkit.cli.tables import print_table

if TYPE_CHECKING:
    from serkit.features import FeatureSet

app = typer.Typer(no_args_is_help=True, help="List feature sets and extract them.")

SUFFIXES = (".csv", ".parquet")


@app.command("list")
def list_() -> None:
    """Print the named feature sets and the descriptors that they are made of."""
    from rich.table import Table

    from serkit.features import DESCRIPTORS, FEATURE_SETS

    sets = Table("set", "layout", "shape", "rate", box=None)
    for name, feature_set in FEATURE_SETS.items():
        shape = " × ".join("frames" if length is None else str(length) for length in feature_set.shape)
        sets.add_row(name, feature_set.layout, shape, f"{feature_set.audio.sampling_rate} Hz")
    descriptors = Table("descriptor", "parameters", "", box=None)
    for name, descriptor in DESCRIPTORS.items():
        defaults = ", ".join(f"{key}={value}" for key, value in descriptor.defaults.items())
        descriptors.add_row(name, defaults, descriptor.summary)
    print_table(sets)
    typer.echo()
    print_table(descriptors)


@app.command()
def extract(
    manifest: Annotated[
        Path, typer.Argument(help="Recordings as .csv or .parquet, from `serkit corpora scan`.")
    ],
    set_: Annotated[
        str,
        typer.Option(
            "--set", metavar="NAME|RECIPE", help="A named feature set, or a recipe whose features to take."
        ),
    ],
    out: Annotated[
        Path, typer.Option(dir_okay=False, metavar="FILE", help="Table to write, .csv or .parquet.")
    ],
    cache: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder that keeps features; resumes what was interrupted."),
    ] = None,
    workers: WorkersOption = 1,
) -> None:
    """Extract the features of every recording of a manifest into a table."""
    from serkit.corpora import read_manifest
    from serkit.features.table import extract_features

    feature_set = _find(set_)
    _check_table(out, feature_set)
    rows = read_manifest(manifest)
    table = extract_features(rows, feature_set, cache=cache, workers=workers, progress=True)
    write = table.to_csv if out.suffix.lower() == ".csv" else table.to_parquet
    write(out, rows)
    typer.echo(f"{out}: {len(rows)} recordings, {len(table.names)} features")


def _check_table(out: Path, feature_set: FeatureSet) -> None:
    """Refuse before the work what could not be written after it."""
    from serkit.errors import FeatureError

    if out.suffix.lower() not in SUFFIXES:
        raise FeatureError(
            f"{out}: a table is written as .csv or .parquet", hint="choose one of these suffixes"
        )
    if len(feature_set.shape) > 1:
        raise FeatureError(
            f"--set: a {feature_set.layout} does not fit into one line a recording",
            hint="choose a set of the layout vector or contours",
        )


def _find(name: str) -> FeatureSet:
    """Find a feature set by its name, or in a recipe."""
    from serkit.errors import FeatureError
    from serkit.features import FEATURE_SETS
    from serkit.recipe import list_recipes, load_recipe
    from serkit.unknown import unknown_name

    if name in FEATURE_SETS:
        return FEATURE_SETS[name]
    if name not in list_recipes() and not name.endswith(".toml"):
        raise unknown_name(FeatureError, "feature set or recipe", name, [*FEATURE_SETS, *list_recipes()])
    return load_recipe(name).features
