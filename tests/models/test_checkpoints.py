"""Training that is interrupted, goes on, and is not repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from tests.models.test_torch_classifier import dense, emotions, facts

from serkit.errors import TrainingError
from serkit.models import network_training as module


def stop_at(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C in the middle of an epoch."""
    original, begun = module.NetworkTraining._epoch, []

    def interrupted(self: Any, *arguments: Any) -> Any:
        begun.append(1)
        if len(begun) == epoch:
            self._step(arguments[0], np.arange(8), np.random.default_rng(0))
            raise KeyboardInterrupt
        return original(self, *arguments)

    monkeypatch.setattr(module.NetworkTraining, "_epoch", interrupted)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"schedule": "plateau"},
        {"schedule": "one_cycle", "keep": "best"},
        {"mixup": 0.4},
        {"draw": "speakers", "copy_weight": 0.5, "schedule": "cosine"},
    ],
)
def test_an_interrupted_fit_goes_on_to_the_very_same_network(
    changes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, labels = emotions()
    known: dict[str, Any] = {"dev": emotions(40, seed=1), **facts()}
    whole = dense(**changes).fit(features, labels, **known)
    with monkeypatch.context() as patch:
        stop_at(4, patch)
        with pytest.raises(KeyboardInterrupt):
            dense(checkpoints=tmp_path, **changes).fit(features, labels, **known)
    (file,) = tmp_path.iterdir()
    with monkeypatch.context() as patch:
        stop_at(4, patch)  # three epochs are left
        resumed = dense(checkpoints=tmp_path, **changes).fit(features, labels, **known)
    assert resumed.history_ == whole.history_
    assert np.array_equal(resumed.decision_function(features), whole.decision_function(features))
    assert list(tmp_path.iterdir()) == [file]


def test_a_finished_fit_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = emotions()
    first = dense(checkpoints=tmp_path).fit(features, labels)
    stop_at(1, monkeypatch)
    second = dense(checkpoints=tmp_path).fit(features, labels)
    assert np.array_equal(first.predict_proba(features), second.predict_proba(features))


def test_other_rows_settings_and_seeds_have_their_own_checkpoint(tmp_path: Path) -> None:
    features, labels = emotions()
    for number, fit in enumerate(
        [
            lambda: dense(checkpoints=tmp_path, epochs=1).fit(features, labels),
            lambda: dense(checkpoints=tmp_path, epochs=1).fit(features[1:], labels[1:]),
            lambda: dense(checkpoints=tmp_path, epochs=1).fit(features, np.roll(labels, 1)),
            lambda: dense(checkpoints=tmp_path, epochs=1, dropout=0.3).fit(features, labels),
            lambda: dense(checkpoints=tmp_path, epochs=1, seed=1).fit(features, labels),
            lambda: dense(checkpoints=tmp_path, epochs=1).fit(features, labels, dev=emotions(seed=1)),
        ],
        start=1,
    ):
        fit()
        assert len(list(tmp_path.iterdir())) == number


def test_a_damaged_checkpoint_is_refused_with_the_way_out(tmp_path: Path) -> None:
    features, labels = emotions()
    dense(checkpoints=tmp_path).fit(features, labels)
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"\0" * 100):
        file.write_bytes(damaged)
        with pytest.raises(TrainingError, match="damaged checkpoint; delete it to begin anew"):
            dense(checkpoints=tmp_path).fit(features, labels)


def test_a_checkpoint_holds_arrays_alone(tmp_path: Path) -> None:
    features, labels = emotions()
    dense(checkpoints=tmp_path, keep="best").fit(features, labels)
    (file,) = tmp_path.iterdir()
    with safe_open(file, "pt") as content:
        parts = {key.split(".")[0] for key in content.keys()}  # noqa: SIM118 - the file is no mapping
    assert parts == {"network", "optimizer", "best"}
