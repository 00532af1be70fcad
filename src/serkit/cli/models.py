"""`serkit models`: the models that ship with serkit, and any other bundle."""

from typing import Annotated

import typer

from serkit.cli import SOME_FAILED, report
from serkit.cli.tables import print_report_table
from serkit.errors import BundleError, RecipeError

app = typer.Typer(no_args_is_help=True, help="Look at saved models: list, show, verify, card.")

Model = Annotated[str, typer.Argument(metavar="NAME|DIR", help="A shipped model, or a bundle's folder.")]


@app.command("list")
def list_models() -> None:
    """List the models that ship with serkit."""
    from serkit.bundle import available_bundles, load_bundle

    for name in available_bundles():
        info = load_bundle(name).info
        typer.echo(
            f"{name:16}  {len(info.labels)} emotions  {info.front_end.audio.sampling_rate} Hz  {info.summary}"
        )


@app.command()
def show(model: Model = "default") -> None:
    """Print all that a model says about itself, as JSON."""
    from serkit.bundle import load_bundle

    typer.echo((load_bundle(model).folder / "bundle.json").read_text(encoding="utf-8"), nl=False)


@app.command()
def layers(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A name from `serkit recipes list`, or a .toml file.")
    ],
    emotions: Annotated[int, typer.Option(min=2, metavar="N", help="Emotions to tell apart.")] = 8,
) -> None:
    """Print the layers of a recipe's network: what each gives, and its parameters."""
    from serkit.models.network_settings import NetworkSettings
    from serkit.recipe import load_recipe

    loaded = load_recipe(recipe)
    if not isinstance(loaded.model, NetworkSettings):
        raise RecipeError(f"{recipe}: {loaded.model.name} is no network, and has no layers")
    from serkit.evaluation.tables import layer_table
    from serkit.models.layers import network_layers

    # Recordings of any length have as many frames as they have; a hundred stand for them here.
    shape = tuple(length or 100 for length in loaded.features.shape)
    table = layer_table(network_layers(loaded.model.network(shape, emotions), shape))
    print_report_table(table)
    typer.echo(table.note)


@app.command()
def verify(
    models: Annotated[list[str], typer.Argument(metavar="NAME|DIR...", help="Models to verify.")],
) -> None:
    """Check every byte of models and that their parts fit each other; exit status 1 if one does not."""
    from serkit.bundle import load_bundle

    failed = False
    for model in models:
        try:
            info = load_bundle(model).info
            typer.echo(f"{model}: in order ({info.name}, {len(info.labels)} emotions)")
        except BundleError as error:
            failed = True
            report(error)
    if failed:
        raise typer.Exit(SOME_FAILED)


@app.command()
def card(model: Model = "default") -> None:
    """Print the model card: what a model is for, what it must not be used for, how well it does."""
    from serkit.bundle import load_bundle

    typer.echo(load_bundle(model).card, nl=False)
