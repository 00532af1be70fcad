"""Networks as classifiers: what they learn from, draw, tell and refuse; the same every time."""

from __future__ import annotations

import io
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from serkit.errors import FeatureError, RecipeError, TrainingError
from serkit.models import build_model
from serkit.models import network_training as module
from serkit.models.networks import DenseSettings
from serkit.models.temperature_scaled import TemperatureScaled
from serkit.models.torch_classifier import TorchClassifier

SETTINGS: dict[str, Any] = {
    "widths": (16, 8),
    "batch_norm": True,
    "dropout": 0.2,
    "epochs": 6,
    "learning_rate": 0.01,
}


def emotions(n: int = 90, *, seed: int = 0, shift: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Three overlapping classes of unequal size, features of unequal scale; float64."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, n, p=[0.2, 0.3, 0.5])
    features = rng.standard_normal((n, 5)) + shift * np.eye(5)[labels]
    return features * [1, 10, 100, 0.1, 1] + 5, np.array(["angry", "calm", "sad"])[labels]


def dense(**changes: Any) -> TorchClassifier:
    options = {name: changes.pop(name) for name in ("seed", "checkpoints", "progress") if name in changes}
    return TorchClassifier(DenseSettings(**SETTINGS | changes), **options)


def facts(n: int = 90) -> dict[str, np.ndarray]:
    """A large corpus of many speakers and a small one of two; half of the rows are altered copies."""
    numbers = np.arange(n)
    corpora = np.where(numbers < 2 * n // 3, "large", "small")
    speakers = np.where(corpora == "large", numbers % 10, 10 + numbers % 2).astype(str)
    return {"corpora": corpora, "speakers": speakers, "altered": numbers // 10 % 2 == 1}


def test_the_same_seed_gives_the_same_network_and_another_seed_another() -> None:
    features, labels = emotions()
    torch.manual_seed(7)
    first = dense(seed=3).fit(features, labels)
    drawn = torch.rand(1)
    second = dense(seed=3).fit(features, labels)
    third = dense(seed=4).fit(features, labels)
    assert np.array_equal(first.predict_proba(features), second.predict_proba(features))
    assert not np.array_equal(first.predict_proba(features), third.predict_proba(features))
    torch.manual_seed(7)
    assert torch.equal(drawn, torch.rand(1)), "the caller's generator is left as it was"


def test_masks_and_mixtures_are_drawn_anew_and_end_with_the_training(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(["calm", "sad"], 30)
    frames = rng.standard_normal((60, 12, 3)) + (labels == "sad")[:, None, None]
    settings = {"units": 8, "layers": 1, "epochs": 8, "batch_size": 16, "learning_rate": 0.02}
    masks = {"frames": [1, 4], "rows": [1, 1]}
    found = []
    for changes in ({}, {"spec_augment": masks}, {"mixup": 0.4}, {"spec_augment": masks, "mixup": 0.4}):
        model = build_model("bigru", **settings, **changes).fit(frames, labels)
        again = build_model("bigru", **settings, **changes).fit(frames, labels)
        assert np.array_equal(model.predict_proba(frames), again.predict_proba(frames))
        assert np.array_equal(model.predict_proba(frames[:5]), model.predict_proba(frames[:5]))
        assert (model.predict(frames) == labels).mean() > 0.9
        found.append(model.predict_proba(frames))
    assert len({one.tobytes() for one in found}) == 4


def test_masks_need_frames_and_a_mean() -> None:
    with pytest.raises(ValidationError, match="spec_augment: dense takes no features with frames"):
        dense(spec_augment={})
    with pytest.raises(ValidationError, match="masks hold the mean of standardised features"):
        build_model("bigru", spec_augment={}, standardise="none")
    assert build_model("bigru", spec_augment={})[-1].settings.spec_augment.frames == (2, 40)


def test_a_loss_that_is_not_finite_stops_with_the_reason(tmp_path: Path) -> None:
    features, labels = emotions()
    model = dense(learning_rate=1e30, standardise="none", batch_norm=False, checkpoints=tmp_path)
    with pytest.raises(
        TrainingError, match=r"^dense: the loss is (nan|inf) in epoch 1, at the learning rate 1e\+30; lower"
    ):
        model.fit(features, labels)
    assert not list(tmp_path.iterdir())


def test_training_stops_when_patience_ends_and_keeps_the_best() -> None:
    # The dev rows are labelled against the training rows: the longer it trains, the worse.
    features, labels = emotions(shift=5)
    opposite = np.where(labels == "sad", "calm", "sad")
    changes = {"monitor": "dev_loss", "epochs": 50, "learning_rate": 0.05, "dropout": 0.0}
    last = dense(patience=3, **changes).fit(features, labels, dev=(features, opposite))
    best = dense(patience=3, keep="best", **changes).fit(features, labels, dev=(features, opposite))
    losses = [epoch.dev_loss for epoch in best.history_]
    assert len(losses) == int(np.argmin(losses)) + 4 < 50
    assert [epoch.dev_loss for epoch in last.history_] == losses

    def dev_loss(model: TorchClassifier) -> float:
        columns = np.searchsorted(model.classes_, opposite)
        return float(-np.log(model.predict_proba(features)[np.arange(len(columns)), columns]).mean())

    assert dev_loss(best) == pytest.approx(min(losses), rel=1e-4)
    assert dev_loss(last) == pytest.approx(losses[-1], rel=1e-4)


def test_history_tells_loss_accuracy_and_dev_uar() -> None:
    features, labels = emotions(300, shift=4)
    model = dense(epochs=20).fit(features, labels, dev=(features, labels))
    first, last = model.history_[0], model.history_[-1]
    assert last.train_loss < first.train_loss
    assert last.train_accuracy > 0.9
    recalls = [(model.predict(features[labels == one]) == one).mean() for one in model.classes_]
    assert last.dev_uar == pytest.approx(np.mean(recalls))
    assert dense(epochs=1).fit(features, labels).history_[0].dev_uar is None


def test_drawn_rows_are_what_history_tells_of(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = emotions(shift=4)
    stepped: list[int] = []
    original = module.NetworkTraining._step

    def counted(self: Any, optimizer: Any, rows: np.ndarray, rng: Any) -> tuple[float, int]:
        stepped.extend(rows.tolist())
        original(self, optimizer, rows, rng)
        return 2.0, len(rows)

    monkeypatch.setattr(module.NetworkTraining, "_step", counted)
    model = dense(draw="speakers", copy_weight=0.5, epochs=3).fit(features, labels, **facts())
    assert [(epoch.train_loss, epoch.train_accuracy) for epoch in model.history_] == [(2.0, 1.0)] * 3
    # 30 originals of ten speakers, and the root of 2 / 10 as many of two speakers
    first, second, third = np.reshape(stepped, (3, 30 + 13))
    assert Counter(facts()["corpora"][first]) == {"large": 30, "small": 13}
    assert not np.array_equal(np.sort(first), np.sort(second))
    assert not np.array_equal(np.sort(second), np.sort(third))


def test_a_network_learns_from_drawn_rows() -> None:
    features, labels = emotions(shift=4)
    model = dense(draw="speakers", epochs=40, balance="oversample").fit(features, labels, **facts())
    assert all(0 <= epoch.train_accuracy <= 1 for epoch in model.history_)
    assert (model.predict(features) == labels).mean() > 0.9


@pytest.mark.parametrize(("draw", "counted"), [("all", 0.5), ("speakers", 1.0)])
def test_copies_that_are_drawn_less_often_do_not_count_less_too(
    monkeypatch: pytest.MonkeyPatch, draw: str, counted: float
) -> None:
    features, labels = emotions()
    trained: list[np.ndarray] = []

    def remember(training: module.NetworkTraining, **_options: Any) -> list[Any]:
        trained.append(training.train.weights)
        return []

    monkeypatch.setattr(module.NetworkTraining, "run", remember)
    altered = np.arange(90) % 3 == 0
    dense(draw=draw, copy_weight=0.5).fit(features, labels, altered=altered)
    assert trained[0].tolist() == np.where(altered, counted, 1.0).tolist()


def test_drawing_by_speakers_asks_who_speaks() -> None:
    assert DenseSettings(draw="speakers").compares_speakers
    assert not DenseSettings().compares_speakers


def test_dropout_is_off_when_it_predicts() -> None:
    features, labels = emotions()
    model = build_model("cnn2d", epochs=1, dropout=0.9, batch_size=2)
    images = np.random.default_rng(0).standard_normal((2, 181, 24))
    model.fit(images, ["calm", "sad"])
    assert np.array_equal(model.predict_proba(images), model.predict_proba(images))
    alone = dense(dropout=0.9).fit(features, labels)
    np.testing.assert_allclose(
        alone.decision_function(features)[:1], alone.decision_function(features[:1]), atol=1e-5
    )


@pytest.mark.parametrize("balance", ["class_weight", "oversample"])
def test_balancing_raises_the_recall_of_the_rare_class(balance: str) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(["common", "rare"], [190, 10])
    features = rng.standard_normal((200, 2)) + (labels == "rare")[:, None]
    fresh = rng.standard_normal((500, 2)) + 1
    plain, balanced = (
        np.mean(dense(balance=how).fit(features, labels).predict(fresh) == "rare")
        for how in ("none", balance)
    )
    assert balanced > plain + 0.2


def test_float64_and_float32_are_the_same_to_it() -> None:
    features, labels = emotions()
    features = features.astype(np.float32).astype(np.float64)
    wide = dense().fit(features, labels)
    narrow = dense().fit(features.astype(np.float32), labels)
    assert np.array_equal(wide.decision_function(features), narrow.decision_function(features))
    assert wide.decision_function(features).dtype == np.float64
    np.testing.assert_allclose(wide.predict_proba(features).sum(axis=1), 1.0)


def test_two_classes_have_two_scores() -> None:
    features, labels = emotions()
    model = dense().fit(features, np.where(labels == "sad", "sad", "calm"))
    assert model.decision_function(features).shape == (90, 2)


def test_settings_are_parameters_to_scikit_learn() -> None:
    features, labels = emotions()
    pipeline = build_model("dense", **SETTINGS, seed=5)
    assert pipeline.get_params()["classifier__learning_rate"] == 0.01
    copied = clone(pipeline.set_params(classifier__epochs=2, classifier__progress=True))
    assert (copied[-1].settings.epochs, copied[-1].seed, copied[-1].progress) == (2, 5, True)
    search = GridSearchCV(pipeline, {"classifier__learning_rate": [1e-6, 0.05]}, cv=2).fit(features, labels)
    assert search.best_params_ == {"classifier__learning_rate": 0.05}
    with pytest.raises(ValidationError, match="greater than 0"):
        pipeline.set_params(classifier__learning_rate=-1)
    with pytest.raises(ValidationError, match="unknown setting of dense 'epoch'; did you mean 'epochs'"):
        build_model("dense", epoch=3)


def test_a_network_is_calibrated_like_any_model() -> None:
    features, labels = emotions()
    model = TemperatureScaled(build_model("dense", **SETTINGS), held_out=2).fit(features, labels)
    assert 0.01 < model.temperature_ < 100
    np.testing.assert_allclose(model.predict_proba(features).sum(axis=1), 1.0)


def test_what_it_cannot_train_on_is_refused() -> None:
    features, labels = emotions()
    with pytest.raises(FeatureError, match=r"^dense: takes features of shape \(1,\) and more, not \(5, 1\)"):
        dense().fit(features[:, :, None], labels)
    with pytest.raises(TrainingError, match=r"^dense: needs two classes or more, not 1"):
        dense().fit(features, np.full(90, "sad"))
    for changes in ({"monitor": "dev_uar"}, {"watch_dev": True}):
        with pytest.raises(TrainingError, match=r"^dense: looks at dev rows, but was given none"):
            dense(**changes).fit(features, labels)
    with pytest.raises(TrainingError, match=r"^no training row is happy, but dev rows are"):
        dense().fit(features, labels, dev=(features, np.full(90, "happy")))
    with pytest.raises(FeatureError, match=r"^row 3, column 2: nan"):
        dense().fit(np.where(np.arange(450).reshape(90, 5) == 11, np.nan, features), labels)


def test_a_weight_of_a_block_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"^dense: takes no weight of a block"):
        DenseSettings().build(seed=0, weights=np.array([1.0, 2.0]))


def test_sequences_that_differ_in_length_need_a_network_that_takes_them() -> None:
    sequences = [np.zeros((n, 24)) for n in (200, 210)]
    with pytest.raises(
        FeatureError, match=r"^cnn2d: recordings differ in their frames; set audio.duration_s"
    ):
        build_model("cnn2d").fit(sequences, ["calm", "sad"])
    with pytest.raises(FeatureError, match=r"^bilstm: recordings differ in their frames; set stand"):
        build_model("bilstm", standardise="cell").fit(sequences, ["calm", "sad"])


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = emotions()
    shown = []
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        dense(progress=True).fit(features, labels, dev=(features, labels))
        shown.append(stream.getvalue())
    assert "dev UAR" in shown[0]
    assert shown[1] == ""
