"""Groups of clips whose scores a fair model shares: corpus, sex, age, race, intensity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

ATTRIBUTES = ("corpus", "gender", "age", "race", "intensity")
AGE_BANDS = ((0, 30, "under 30"), (30, 45, "30 to 44"), (45, 60, "45 to 59"), (60, 200, "60 and over"))
_INTENSITIES = ("low", "medium", "normal", "high", "strong")


def group_names(rows: pandas.DataFrame, attribute: str) -> NDArray[np.object_]:
    """Return the group of each row, "" where it is not known; ages become bands.

    Examples
    --------
    >>> import pandas
    >>> group_names(pandas.DataFrame({"age": [21, 63, None]}), "age").tolist()
    ['under 30', '60 and over', '']
    """
    if attribute not in rows:
        return np.full(len(rows), "", dtype=object)
    values = rows[attribute]
    named = values.map(_age_band) if attribute == "age" else values.astype(str)
    return named.astype(object).where(values.notna(), "").to_numpy(dtype=object)


def in_order(attribute: str, names: NDArray[np.object_]) -> list[str]:
    """Return the known groups, ages and intensities from low to high and all others by name."""
    order = {"age": [name for _, _, name in AGE_BANDS], "intensity": list(_INTENSITIES)}.get(attribute, [])
    found = set(names) - {""}
    return [name for name in order if name in found] + sorted(found - set(order))


def _age_band(age: float) -> str:
    return next((name for low, high, name in AGE_BANDS if low <= age < high), "")
