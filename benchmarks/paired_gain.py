"""What two benchmarks of adaptation share: test recordings before and after, and the gain with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit.evaluation.bootstrap import bootstrap_interval
from serkit.evaluation.confusion import average_recall

if TYPE_CHECKING:
    from collections.abc import Sequence


def gain_cells(truth: np.ndarray, scores: Sequence[np.ndarray], n_classes: int) -> np.ndarray:
    """Return for each recording its cell in the confusion before and after, (n, 2, n_classes, n_classes)."""
    cells = np.zeros((len(truth), 2, n_classes, n_classes))
    for which, said in enumerate(scores):
        cells[np.arange(len(truth)), which, truth, said.argmax(axis=1)] = 1
    return cells


def gain_summary(speakers: np.ndarray, cells: np.ndarray) -> str:
    """Return UAR before and after, and the gain, with intervals over the speakers of one corpus."""
    statistics = (
        lambda counts: average_recall(counts[..., 0, :, :]),
        lambda counts: average_recall(counts[..., 1, :, :]),
        lambda counts: average_recall(counts[..., 1, :, :]) - average_recall(counts[..., 0, :, :]),
    )
    groups = np.char.add("-/", speakers)
    intervals = [bootstrap_interval(statistic, cells, groups) for statistic in statistics]
    return "  ".join(f"{100 * one.value:.1f} ({100 * one.low:.1f}–{100 * one.high:.1f})" for one in intervals)
