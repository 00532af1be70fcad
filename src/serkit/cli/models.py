"""`serkit models`: the models that ship with serkit, and any other bundle."""

from typing import Annotated

import typer

from serkit.cli import SOME_FAILED, report
from serkit.errors import BundleError

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
