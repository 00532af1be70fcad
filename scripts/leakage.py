"""Turn on one leak at a time, and write what it does to the score into docs/leakage.md.

``python scripts/leakage.py --corpora DIR``, where DIR holds the folder ravdess, and cremad if ``--corpus``
names crema-d. The page keeps its text; only what stands between its two markers is written anew.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import leaks
import numpy as np
import torch
from threadpoolctl import threadpool_limits

from serkit.augment import add_copies
from serkit.corpora import scan_corpora
from serkit.errors import SerkitError
from serkit.evaluation.bootstrap import Interval, bootstrap_interval, paired_difference
from serkit.evaluation.confusion import average_recall
from serkit.features.table import extract_features
from serkit.files import cache_path, write_text
from serkit.recipe import load_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leaks import Material
    from numpy.typing import NDArray

FOLDERS = {"ravdess": "ravdess", "crema-d": "cremad"}
# Whose features and altered copies are used.
RECIPE = "ravdess-crema-tess-functionals-cnn1d"
MARKERS = ("<!-- measured: begin -->", "<!-- measured: end -->")


class Way(NamedTuple):
    """One way to test.

    Attributes
    ----------
    name : str
        What it is, in the table.
    beside : str or None
        Name of the way without the leak; None for ways that do not leak.
    predict : callable
        From material to the emotion heard in each recording.
    """

    name: str
    beside: str | None
    predict: Callable[[Material], NDArray[np.str_]]


def _by_speaker(material: Material, **how: object) -> NDArray[np.str_]:
    return leaks.predict(material, leaks.folds_by_speaker(material), **how)  # type: ignore[arg-type]


def _at_random(material: Material, **how: object) -> NDArray[np.str_]:
    return leaks.predict(material, leaks.folds_at_random(material), **how)  # type: ignore[arg-type]


def _chosen(material: Material, *, on_test: bool) -> NDArray[np.str_]:
    return leaks.predict_chosen(material, leaks.folds_by_speaker(material), on_test=on_test)


HONEST, ALTERED, NETWORK = "none", "none, trained on altered copies, too", "none, a small network"
WAYS = (
    Way(HONEST, None, _by_speaker),
    Way("shared speakers", HONEST, _at_random),
    Way(ALTERED, None, lambda m: _by_speaker(m, learn=leaks.with_copies)),
    Way("altered before the split", ALTERED, lambda m: _by_speaker(m, learn=leaks.copies_before_split)),
    Way("duplicates", HONEST, lambda m: _by_speaker(m, learn=leaks.duplicates)),
    Way("normalised before the split", HONEST, lambda m: _by_speaker(m, scale=leaks.scaled_by_all)),
    Way("each speaker normalised apart", HONEST, lambda m: _by_speaker(leaks.scaled_by_speaker(m))),
    Way(NETWORK, None, lambda m: _chosen(m, on_test=False)),
    Way("chosen on the test part", NETWORK, lambda m: _chosen(m, on_test=True)),
    Way(
        "the first four at once",
        HONEST,
        lambda m: _at_random(m, learn=leaks.all_at_once, scale=leaks.scaled_by_all),
    ),
)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    folders = {corpus: options.corpora / FOLDERS[corpus] for corpus in options.corpus}
    torch.set_num_threads(1)
    with threadpool_limits(1):
        measured = [measure(corpus, folder, options.workers) for corpus, folder in folders.items()]
    page = options.out.read_text(encoding="utf-8")
    write_text(options.out, between_markers(page, "\n".join(measured)))
    print(options.out)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="folder of the corpora")
    parser.add_argument("--corpus", nargs="*", choices=list(FOLDERS), default=["ravdess"])
    parser.add_argument("--out", type=Path, default=Path("docs/leakage.md"), metavar="FILE")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="recordings to extract at once")
    return parser.parse_args(arguments)


def measure(corpus: str, folder: Path, workers: int = 1) -> str:
    """Return the section of one corpus: every way, its score, and what the leak adds."""
    material = load_material(corpus, folder, workers)
    heard = {}
    for way in WAYS:
        started = time.perf_counter()
        heard[way.name] = way.predict(material)
        print(f"{corpus}, {way.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return section(corpus, material, heard)


def load_material(corpus: str, folder: Path, workers: int = 1) -> Material:
    """Return the recordings of a corpus and their altered copies, as features."""
    recipe = load_recipe(RECIPE)
    rows = scan_corpora({corpus: folder}, workers=workers, progress=True)
    everything = add_copies(rows, recipe.augment) if recipe.augment else rows
    table = extract_features(
        everything,
        recipe.features,
        augment=recipe.augment,
        cache=cache_path("features"),
        workers=workers,
        progress=True,
    )
    values = table.values.astype(np.float64)
    return leaks.Material(rows, values.reshape(-1, len(rows), values.shape[1]))


def section(corpus: str, material: Material, heard: dict[str, NDArray[np.str_]]) -> str:
    """Return the table of one corpus."""
    cells = {name: _cells(material.labels, emotions) for name, emotions in heard.items()}
    lines = [
        f"### {corpus}, {len(material.rows):,} clips, {np.unique(material.speakers).size} speakers\n",
        "| leak | UAR % | what it adds, points |",
        "| --- | --- | --- |",
    ]
    for way in WAYS:
        score = bootstrap_interval(average_recall, cells[way.name], material.speakers)
        added = "–"
        if way.beside:
            gain = paired_difference(average_recall, cells[way.name], cells[way.beside], material.speakers)
            added = f"**{_points(gain, sign=True)}**"
        lines.append(f"| {way.name} | {_points(score)} | {added} |")
    return "\n".join([*lines, ""])


def _cells(truth: NDArray[np.str_], heard: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return the confusion matrix of each clip on its own."""
    classes = np.unique(truth)
    return ((truth[:, None] == classes)[:, :, None] & (heard[:, None] == classes)[:, None, :]).astype(float)


def _points(score: Interval, *, sign: bool = False) -> str:
    form = "{:+.1f}" if sign else "{:.1f}"
    value, low, high = (form.format(100 * number) for number in score)
    return f"{value} ({low} to {high})".replace("-", "−")


def between_markers(page: str, text: str) -> str:
    """Return the page with this text between its markers."""
    before, _, rest = page.partition(MARKERS[0])
    _, found, after = rest.partition(MARKERS[1])
    if not found:
        raise SerkitError(
            f"the page lacks {' or '.join(MARKERS)}", hint="put both back, each on its own line"
        )
    return f"{before}{MARKERS[0]}\n\n{text}\n{MARKERS[1]}{after}"


if __name__ == "__main__":
    try:
        main()
    except SerkitError as error:
        sys.exit(f"leakage.py: {error}")
