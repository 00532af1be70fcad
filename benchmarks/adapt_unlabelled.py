"""What `serkit adapt --unlabelled` gains, by how many recordings of a speaker there are.

    serkit evaluate crema-d --corpus ravdess=DIR --out EVALUATED
    python benchmarks/adapt_unlabelled.py EVALUATED [RUN ...] [--draws 10] [--penalty 0.3] [--neutral 0.5]

With ``--emotion NAME``, repeated, it is a test among a few emotions.

Each folder holds a `predictions.csv`: of a model on recordings that it has not heard, or of a run. Recordings of each
speaker are drawn at random, whatever is said in them; those that are not drawn are the test. Intervals are over
speakers, those of the gain paired.
"""

from __future__ import annotations

import argparse

import numpy as np
from paired_gain import gain_cells, gain_summary

from serkit.evaluation.predictions import Predictions, read_predictions, restrict_to_corpus_emotions
from serkit.evaluation.reliability import calibration_sums, ece_from_sums
from serkit.models.calibration import softmax
from serkit.models.matched_offsets import PENALTY, match_offsets

DRAWN = (3, 6, 12, 24)
LEAST_LEFT = 6


def main() -> None:
    parser = argparse.ArgumentParser(description="What serkit adapt --unlabelled gains.")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--neutral", type=float, metavar="SHARE", help="draw so many that are neutral")
    parser.add_argument("--emotion", action="append", default=[], metavar="NAME", help="one of a few")
    options = parser.parse_args()
    print(f"{'corpus':9}  recordings  speakers  {'UAR as it was':16}  {'adapted':16}  {'gain':16}  ECE")
    for folder in options.folders:
        predictions = read_predictions(folder)
        for corpus in dict.fromkeys(predictions.rows["corpus"]):
            for n_drawn in DRAWN:
                found = tested(own(predictions, corpus, options.emotion), n_drawn, options)
                if found is not None:
                    print(f"{corpus:9}  {n_drawn:10}  {summary(*found)}", flush=True)


def own(predictions: Predictions, corpus: str, emotions: list[str]) -> Predictions:
    """Return the predictions of a corpus among its own emotions, or among a few."""
    rows = (predictions.rows["corpus"] == corpus).to_numpy()
    of_corpus = Predictions(predictions.rows[rows], predictions.probabilities[rows], predictions.classes)
    own_rows, _ = restrict_to_corpus_emotions(of_corpus)
    kept = own_rows.probabilities.any(axis=0)
    classes = np.array(own_rows.classes)
    if emotions:
        kept &= np.isin(classes, emotions)
    among = own_rows.rows["emotion"].isin(classes[kept]).to_numpy()
    probabilities = own_rows.probabilities[np.ix_(among, kept)]
    return Predictions(own_rows.rows[among], probabilities, tuple(classes[kept].tolist()))


def tested(
    predictions: Predictions, n_drawn: int, options: argparse.Namespace
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return the speaker of each test recording, its cell in the confusion before and after, and bins of both."""
    truth, n_classes = predictions.truth, len(predictions.classes)
    scores = np.log(np.maximum(predictions.probabilities, np.finfo(np.float64).tiny))
    speakers = predictions.rows["speaker"].to_numpy(dtype=str)
    names, cells, bins = [], [], []
    for number, speaker in enumerate(np.unique(speakers)):
        rows = np.flatnonzero(speakers == speaker)
        if len(rows) < n_drawn + LEAST_LEFT:
            continue
        for draw in range(options.draws):
            mixed = np.random.default_rng([draw, number]).permutation(rows)
            if options.neutral is not None:
                neutral = truth[mixed] == predictions.classes.index("neutral")
                first = round(options.neutral * n_drawn)
                mixed = np.concatenate([mixed[neutral][:first], mixed[~neutral], mixed[neutral][first:]])
            drawn, rest = mixed[:n_drawn], mixed[n_drawn:]
            shares = np.full(n_classes, 1 / n_classes)
            offsets = match_offsets(scores[drawn], shares, penalty=options.penalty)
            before_and_after = [softmax(one) for one in (scores[rest], scores[rest] + offsets)]
            bins.append([calibration_sums(said, truth[rest]).sum(axis=0) for said in before_and_after])
            names.append(np.full(len(rest), speaker))
            cells.append(gain_cells(truth[rest], before_and_after, n_classes))
    return (np.concatenate(names), np.concatenate(cells), np.sum(bins, axis=0)) if names else None


def summary(speakers: np.ndarray, cells: np.ndarray, bins: np.ndarray) -> str:
    before, after = 100 * ece_from_sums(bins)
    return f"{len(np.unique(speakers)):8}  {gain_summary(speakers, cells)}  {before:.1f} to {after:.1f}"


if __name__ == "__main__":
    main()
