"""`serkit recipes`: list and show recipes."""

from __future__ import annotations

from typing import Annotated

import typer

from serkit.cli.tables import print_table

app = typer.Typer(no_args_is_help=True, help="List and show recipes.")


@app.command("list")
def list_() -> None:
    """Print the recipes that ship with serkit."""
    from rich.table import Table

    from serkit.recipe import list_recipes, load_recipe

    table = Table("name", "protocols", "summary", box=None)
    for name in list_recipes():
        recipe = load_recipe(name)
        table.add_row(name, ", ".join(recipe.protocol), recipe.summary)
    print_table(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A recipe that ships, or a .toml file.")],
) -> None:
    """Check a recipe and print it, ready to be saved and changed."""
    from serkit.recipe import find_recipe, load_recipe

    load_recipe(name)
    typer.echo(find_recipe(name).read_text(encoding="utf-8"), nl=False)
