"""The pictures of a recording or a manifest, and a page that shows them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from serkit.augment import default_step
from serkit.evaluation import pages
from serkit.evaluation.tables import Table
from serkit.files import atomic_path, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas
    from matplotlib.figure import Figure

    from serkit.audio import Clip

CAPTIONS = {
    "waveform": "The samples over time.",
    "spectrogram": "Loud harmonics only: most of speech is faint next to its strongest tones.",
    "spectrogram-db": "Decibels show what the ear hears: harmonics, formants and noise.",
    "mel": "Frequencies spaced as the ear spaces them.",
    "mfcc": "The shape of the mel spectrum in few numbers, each against its own mean.",
    "chroma": "The strength of each pitch class, whatever its octave.",
    "zero-crossings": "Around the loudest sample; dots mark where the signal changes its sign.",
    "centroid": "The middle of the spectrum: bright sounds lie high. Pauses are left out.",
    "rolloff": "Below the line lies 85% of the spectrum. Pauses are left out.",
    "classes": "Clips of each emotion, by corpus.",
    "durations": "How long the clips are, by corpus.",
    "speakers": "Who speaks: few speakers make few lessons.",
}


def explore_clip(clip: Clip, folder: Path | str, *, augment: Sequence[str] = ()) -> list[Path]:
    """Draw a recording.

    Parameters
    ----------
    clip : Clip
        What to draw; not silent.
    folder : Path or str
        Where ``index.html`` and ``*.png`` and ``*.svg`` go; made if it is missing.
    augment : sequence of str, default ()
        Names of augmentations, each with its own settings: pictures show the clip before and after, and
        ``augment-NAME.wav`` holds what it became.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    AugmentError
        If an augmentation is not known, or needs recordings of its own.
    MissingDependencyError
        If matplotlib or jinja2 is not installed.
    """
    try:
        from serkit.evaluation.plots.clips import clip_figures, plot_alteration
    except ModuleNotFoundError as error:
        raise pages.missing_library(error) from error

    altered = {name: default_step(name).alter(clip, np.random.default_rng(0)) for name in augment}
    figures = clip_figures(clip) | {
        f"augment-{name}": plot_alteration(clip, after, name=name) for name, after in altered.items()
    }
    sounds = [_write_sound(Path(folder) / f"augment-{name}.wav", after) for name, after in altered.items()]
    facts = Table("Facts", ("what", "value"), _clip_facts(clip))
    return _write(figures, Path(folder), Path(clip.source).name, facts, sounds=sounds)


def _write_sound(path: Path, clip: Clip) -> Path:
    # As floats, so that what lies beyond full scale is not clipped.
    with atomic_path(path) as partial:
        soundfile.write(partial, clip.signal, clip.sampling_rate, subtype="FLOAT")
    return path


def explore_manifest(
    manifest: pandas.DataFrame, folder: Path | str, *, title: str = "Manifest"
) -> list[Path]:
    """Draw what a manifest holds.

    Parameters
    ----------
    manifest : pandas.DataFrame
        Durations and speakers are drawn where they are known.
    folder : Path or str
        Where ``index.html`` and ``*.png`` and ``*.svg`` go; made if it is missing.
    title : str, default "Manifest"
        Heading of the page.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    MissingDependencyError
        If matplotlib or jinja2 is not installed.
    """
    try:
        from serkit.evaluation.plots.corpora import manifest_figures
    except ModuleNotFoundError as error:
        raise pages.missing_library(error) from error

    facts = Table("Corpora", ("corpus", "clips", "speakers", "emotions"), _corpus_facts(manifest))
    return _write(manifest_figures(manifest), Path(folder), title, facts)


def _write(
    figures: dict[str, Figure], folder: Path, title: str, facts: Table, *, sounds: Sequence[Path] = ()
) -> list[Path]:
    pictures = pages.save_pictures(figures, folder, CAPTIONS)
    page = pages.render(
        "explore.html",
        title=title,
        tables=[facts],
        pictures=pictures,
        sounds=[sound.name for sound in sounds],
    )
    write_text(folder / "index.html", page)
    return [
        folder / "index.html",
        *(folder / f"{name}.{suffix}" for name in figures for suffix in ("png", "svg")),
        *sounds,
    ]


def _clip_facts(clip: Clip) -> tuple[tuple[str, str], ...]:
    peak = float(abs(clip.signal).max())
    return (
        ("duration", f"{clip.duration:.2f} s"),
        ("from", f"{clip.start:.2f} s"),
        ("sampling rate", f"{clip.sampling_rate:,} Hz"),
        ("largest sample", f"{peak:.3f} of full scale"),
    )


def _corpus_facts(manifest: pandas.DataFrame) -> tuple[tuple[str, ...], ...]:
    rows = []
    for corpus, clips in manifest.groupby("corpus"):
        speakers = f"{clips['speaker'].nunique():,}" if "speaker" in clips else "not known"
        rows.append((str(corpus), f"{len(clips):,}", speakers, f"{clips['emotion'].nunique()}"))
    return tuple(rows)
