"""`serkit explore`: the pictures of a recording or a manifest."""

from pathlib import Path
from typing import Annotated

import typer

from serkit.errors import AugmentError

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
    augment: Annotated[
        str | None,
        typer.Option(metavar="NAME[,NAME]", help="Alter the recording, too: pictures before and after, WAV."),
    ] = None,
) -> None:
    """Draw a recording or a manifest: index.html, and each picture as PNG and SVG.

    Of a recording longer than 60 s the first 60 s are drawn, unless --end says more.
    """
    folder = out or Path(f"explore-{source.stem}")
    names = [name.strip() for name in (augment or "").split(",") if name.strip()]
    if source.suffix.lower() not in MANIFEST_SUFFIXES:
        written = _explore_file(source, folder, (start, end), names)
    elif names:
        raise AugmentError(f"{source}: a manifest cannot be altered", hint="--augment goes with a recording")
    else:
        written = _explore_manifest(source, folder)
    for path in written:
        typer.echo(path)


def _explore_file(
    source: Path, folder: Path, stretch: tuple[float, float | None], names: list[str]
) -> list[Path]:
    from serkit.audio import check_audible, load_audio, probe_audio
    from serkit.evaluation.explore import explore_clip

    start, end = stretch
    if end is None and probe_audio(source).duration > start + LONGEST_S:
        end = start + LONGEST_S
    clip = load_audio(source, start=start, end=end)
    check_audible(clip)
    return explore_clip(clip, folder, augment=names)


def _explore_manifest(source: Path, folder: Path) -> list[Path]:
    from serkit.corpora import read_manifest
    from serkit.evaluation.explore import explore_manifest

    return explore_manifest(read_manifest(source), folder, title=source.name)
