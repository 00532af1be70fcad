"""A model that hears the same in nearly everything."""

from __future__ import annotations

import pytest

from serkit.cli.one_sided import noticed
from serkit.prediction import Prediction


def heard(*counts: int) -> list[Prediction]:
    names = [
        name for name, count in zip(("angry", "sad", "happy"), counts, strict=False) for _ in range(count)
    ]
    return [Prediction("a.wav", 0.0, 1.0, name, 1.0, {name: 1.0}) for name in names]


@pytest.mark.parametrize(
    ("counts", "said"), [((8, 4), True), ((7, 5), False), ((11,), False), ((9, 3, 3), True)]
)
def test_most_of_a_dozen_or_more_is_said(
    counts: tuple[int, ...], said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    given = heard(*counts)
    assert list(noticed(given)) == given
    captured = capsys.readouterr()
    assert captured.out == ""
    first = f"note: {counts[0]} of {sum(counts)} recordings are heard as angry; "
    assert captured.err.startswith(first) if said else not captured.err
