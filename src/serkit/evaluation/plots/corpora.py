"""The pictures of a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit.evaluation.plots import style

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GENDERS = {"female": style.ORANGE, "male": style.BLUE, "not known": style.MUTED}
DURATION_BINS = 40


def plot_class_counts(manifest: pandas.DataFrame) -> Figure:
    """Draw how many clips of each emotion each corpus has."""
    counts = manifest.groupby(["emotion", "corpus"]).size().unstack(fill_value=0)
    counts = counts.loc[counts.sum(axis=1).sort_values().index]
    figure, axes = style.new_axes(height=0.34 * len(counts) + 1.2)
    left = np.zeros(len(counts))
    for corpus, color in zip(counts, _colors(counts.shape[1]), strict=True):
        axes.barh(counts.index, counts[corpus], left=left, height=0.68, color=color, label=str(corpus))
        left += counts[corpus].to_numpy()
    for position, total in enumerate(left):
        style.write(axes, total + 0.01 * left.max(), position, f"{int(total):,}")
    axes.set_xlim(0, 1.1 * left.max())
    style.thousands(axes, "x")
    style.grid(axes, "x")
    style.legend(axes)
    style.label(axes, title=f"Emotions of {len(manifest):,} clips", x="clips")
    return figure


def plot_durations(manifest: pandas.DataFrame) -> Figure:
    """Draw how long the clips of each corpus are."""
    corpora = sorted(manifest["corpus"].unique())
    known = manifest.dropna(subset="duration")
    edges = np.linspace(0, known["duration"].max(), DURATION_BINS + 1).tolist()
    figure = style.new_figure(height=1.05 * len(corpora) + 0.9)
    panels = figure.subplots(len(corpora), 1, sharex=True, squeeze=False)[:, 0]
    for axes, corpus, color in zip(panels, corpora, _colors(len(corpora)), strict=True):
        durations = known.loc[known["corpus"] == corpus, "duration"]
        style.plain(axes).hist(durations, bins=edges, color=color)
        style.thousands(axes, "y")
        hours, median = durations.sum() / 3600, durations.median()
        note = f"{corpus}: median {median:.1f} s, {hours:.1f} h in all"
        style.write(axes, 0.99, 0.86, note, transform=axes.transAxes, ha="right")
    style.label(panels[-1], x="duration (s)")
    panels[-1].set_xlim(left=0)
    style.label(panels[0], title="Duration of the clips", x=panels[0].get_xlabel(), y="clips")
    return figure


def plot_speakers(manifest: pandas.DataFrame) -> Figure:
    """Draw how many speakers of each sex each corpus has, and how many clips they speak."""
    named = manifest.dropna(subset="speaker")
    gender = named["gender"] if "gender" in named else named["speaker"].map(lambda _: None)
    named = named.assign(gender=gender.fillna("not known"))
    speakers = named.groupby(["corpus", "speaker"]).agg(gender=("gender", "first"), clips=("file", "size"))
    corpora = sorted(named["corpus"].unique(), reverse=True)
    figure, axes = style.new_axes(height=0.5 * len(corpora) + 1.2)
    for position, corpus in enumerate(corpora):
        _draw_corpus(axes, position, speakers.loc[corpus])
    axes.set_yticks(range(len(corpora)), corpora)
    axes.margins(x=0.35)
    axes.set_xlim(left=0)
    style.grid(axes, "x")
    for name in sorted(set(speakers["gender"]), key=list(GENDERS).index):
        axes.barh(0, 0, color=GENDERS[name], label=name)
    style.legend(axes)
    style.label(axes, title=f"{len(speakers):,} speakers", x="speakers")
    return figure


def _draw_corpus(axes: Axes, position: int, speakers: pandas.DataFrame) -> None:
    left = 0
    for name, color in GENDERS.items():
        count = int((speakers["gender"] == name).sum())
        axes.barh(position, count, left=left, height=0.6, color=color)
        left += count
    fewest, most = speakers["clips"].min(), speakers["clips"].max()
    clips = f"{most:,}" if fewest == most else f"{fewest:,}–{most:,}"
    axes.annotate(
        f"{left:,} with {clips} clips each",
        (left, position),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.TICK_SIZE,
        color=style.INK,
    )


def _colors(count: int) -> list[str]:
    return [style.PALETTE[i % len(style.PALETTE)] for i in range(count)]


def manifest_figures(manifest: pandas.DataFrame) -> dict[str, Figure]:
    """Return every picture that the manifest has data for, by name."""
    figures = {"classes": plot_class_counts(manifest)}
    if "duration" in manifest and manifest["duration"].notna().any():
        figures["durations"] = plot_durations(manifest)
    if "speaker" in manifest and manifest["speaker"].notna().any():
        figures["speakers"] = plot_speakers(manifest)
    return figures
