"""How much `serkit adapt` gains on speakers that the model never heard, with 1, 3 and 5 recordings of each emotion.

    python benchmarks/adapt.py crema-d=DIR ravdess=DIR savee=DIR --model RUN/bundle [--draws 3] [--cache DIR]

The encoder is that of a model that should have been trained on none of these corpora, such as one of
`speech-encoder-landmarks`: what is adapted in `default` has heard them all. Its last layer is fitted anew to the
first corpus, in five speaker folds, so that no speaker who is tested was heard: those of the first corpus
by the layer of their fold, those of the others by that of the first fold. Each speaker's recordings are drawn
several times; those that are not drawn are the test. Intervals are over speakers, those of the gain paired.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from paired_gain import gain_cells, gain_summary

from serkit.bundle import load_bundle
from serkit.corpora import parse_sources, scan_corpora
from serkit.features.table import extract_features
from serkit.models.drawn_regression import fit_drawn
from serkit.models.emotion_sets import balanced_weights
from serkit.models.new_head import load_base
from serkit.onnx.head import Head
from serkit.splits import Protocol, make_folds
from serkit.training.adapt import PENALTY, shift_head

if TYPE_CHECKING:
    import pandas

EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad")
CLIPS = (1, 3, 5)
BASE_PENALTY = 0.05  # that of the recipe speech-encoder-probe
BATCH = 200


def main() -> None:
    parser = argparse.ArgumentParser(description="What serkit adapt gains.")
    parser.add_argument("sources", nargs="+", metavar="NAME=DIR")
    parser.add_argument("--model", default="default", help="name or folder of the model to begin with")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--speakers", type=int, help="of each corpus, at most")
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--cache", type=Path, help="keep what the encoder hears in this folder")
    options = parser.parse_args()
    corpora = {
        name: hear(name, folder, options.model, options.cache)
        for name, folder in parse_sources(options.sources).items()
    }
    heads = heads_of_folds(*next(iter(corpora.values())))
    print("corpus     clips of each emotion  speakers  UAR of the base   adapted           gain")
    for number, (name, (rows, heard)) in enumerate(corpora.items()):
        speakers = sorted(set(rows["speaker"]))[: options.speakers]
        chosen = {one: heads[one] if number == 0 else next(iter(heads.values())) for one in speakers}
        for n_clips in CLIPS:
            found = [
                tested(rows, heard, speaker, head, n_clips=n_clips, draw=draw, penalty=options.penalty)
                for speaker, head in chosen.items()
                for draw in range(options.draws)
            ]
            print(f"{name:9}  {n_clips:<21}  {len(speakers):<8}  {summary(found)}", flush=True)


def hear(name: str, folder: Path, model: str, cache: Path | None) -> tuple[pandas.DataFrame, np.ndarray]:
    """Return the recordings of the six emotions and what the encoder of a model hears in each."""
    rows = scan_corpora({name: folder}, progress=True)
    base, front_end = load_base(model), load_bundle(model).info.front_end
    kept = cache and cache / f"{name}-{sha256(base.content).hexdigest()[:16]}.npz"
    if kept and kept.exists():
        stored = np.load(kept)
        place = {file: position for position, file in enumerate(stored["files"])}
        heard = stored["heard"][[place[file] for file in rows["file"]]]
    else:
        parts = (rows.iloc[first : first + BATCH] for first in range(0, len(rows), BATCH))
        heard = np.concatenate([base.hear(extract_features(part, front_end).values) for part in parts])
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez(kept, files=rows["file"].to_numpy(dtype=str), heard=heard.astype(np.float32))
    among = rows["emotion"].isin(EMOTIONS).to_numpy()
    return rows[among].reset_index(drop=True), heard[among].astype(np.float64)


def heads_of_folds(rows: pandas.DataFrame, heard: np.ndarray) -> dict[str, Head]:
    """Return for each speaker a last layer that was fitted to other speakers."""
    nothing = Head(np.zeros((heard.shape[1], len(EMOTIONS))), np.zeros(len(EMOTIONS)))
    truth, heads = targets(rows), {}
    for fold in make_folds(rows, Protocol(kind="speaker_folds", folds=5)):
        weights = balanced_weights(truth[fold.train])
        head = fit_drawn(
            heard[fold.train], truth[fold.train], nothing, penalty=BASE_PENALTY, row_weights=weights
        )
        heads |= dict.fromkeys(rows["speaker"].iloc[fold.test], head)
    return heads


def targets(rows: pandas.DataFrame) -> np.ndarray:
    return np.array([EMOTIONS.index(emotion) for emotion in rows["emotion"]])


def tested(  # noqa: PLR0913 - one speaker in one draw
    rows: pandas.DataFrame,
    heard: np.ndarray,
    speaker: str,
    head: Head,
    *,
    n_clips: int,
    draw: int,
    penalty: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the speaker of each test recording, and its cell in the confusion of the base and the adapted."""
    own = np.flatnonzero(rows["speaker"] == speaker)
    truth, values = targets(rows.iloc[own]), heard[own]
    rng = np.random.default_rng([draw, *speaker.encode()])
    drawn = np.concatenate(
        [rng.permutation(np.flatnonzero(truth == emotion))[:n_clips] for emotion in range(len(EMOTIONS))]
    )
    rest = np.setdiff1d(np.arange(len(own)), drawn)
    heads = (head, shift_head(values[drawn], truth[drawn], head, penalty=penalty))
    scores = [values[rest] @ one.weights + one.offsets for one in heads]
    return np.full(len(rest), speaker), gain_cells(truth[rest], scores, len(EMOTIONS))


def summary(found: list[tuple[np.ndarray, np.ndarray]]) -> str:
    names, cells = zip(*found, strict=True)
    return gain_summary(np.concatenate(names), np.concatenate(cells))


if __name__ == "__main__":
    main()
