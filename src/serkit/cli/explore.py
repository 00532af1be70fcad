"""`serkit explore`: the pictures of a recording or a manifest."""

from pathlib import Path
from typing import Annotated

import typer

MANIFEST_SUFFIXES = (".csv", ".parquet")
# Longer recordings are shown in part: a picture of an hour shows nothing.
LONGEST_S = 60.0


def explore(
    source: Annotated[
        Path, typer.Argument(metavar="FILE|MANIFEST", help="A recording, or a manifest (.csv, .parquet).")
    ],
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder to write to; else explore-NAME here.")
    ] = None,
    start: Annotated[float, typer.Option(min=0.0, metavar="S", help="Show from this second.")] = 0.0,
    end: Annotated[float | None, typer.Option(min=0.0, metavar="S", help="Show to this second.")] = None,
) -> None:
    """Draw a recording or a manifest: index.html, and each picture as PNG and SVG.

    Of a recording longer than 60 s the first 60 s are drawn, unless --end says more.
    """
    folder = out or Path(f"explore-{source.stem}")
    is_manifest = source.suffix.lower() in MANIFEST_SUFFIXES
    written = (
        _explore_manifest(source, folder) if is_manifest else _explore_file(source, folder, (start, end))
    )
    for path in written:
        typer.echo(path)


def _explore_file(source: Path, folder: Path, stretch: tuple[float, float | None]) -> list[Path]:
    from serkit.audio import check_audible, load_audio, probe_audio
    from serkit.evaluation.explore import explore_clip

    start, end = stretch
    if end is None and probe_audio(source).duration > start + LONGEST_S:
        end = start + LONGEST_S
    clip = load_audio(source, start=start, end=end)
    check_audible(clip)
    return explore_clip(clip, folder)


def _explore_manifest(source: Path, folder: Path) -> list[Path]:
    from serkit.corpora import read_manifest
    from serkit.evaluation.explore import explore_manifest

    return explore_manifest(read_manifest(source), folder, title=source.name)
