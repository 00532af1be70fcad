"""How the networks of a run were trained, as a table and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serkit.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from serkit.training.fitting import FitRecord

HISTORY_FILE = "history.csv"


def write_history(path: Path, records: Mapping[str, FitRecord]) -> None:
    """Write one row for each epoch of each training, ``fold`` and ``epoch`` first; nothing without a network.

    Parameters
    ----------
    path : Path
        A CSV file.
    records : mapping of str to FitRecord
        By the name of the fold.
    """
    import pandas

    rows = [
        {"fold": name, "epoch": number} | epoch.model_dump()
        for name, record in records.items()
        for number, epoch in enumerate(record.history, start=1)
    ]
    if rows:
        with atomic_path(path) as partial:
            pandas.DataFrame(rows).to_csv(partial, index=False, float_format="%.6g")


def curve_figures(records: Sequence[FitRecord]) -> dict[str, Figure]:
    """Draw the curves of all folds as "training"; nothing without a network.

    Parameters
    ----------
    records : sequence of FitRecord
        Of each fold.
    """
    from serkit.evaluation.plots.training import plot_curves

    histories = [record.history for record in records if record.history]
    return {"training": plot_curves(histories)} if histories else {}
