"""A committee of networks: its size, what its members share, what it learns, its ONNX form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch.nn import functional

from serkit.errors import FeatureError, TrainingError
from serkit.models import MODELS, build_model
from serkit.models.calibration import decision_scores
from serkit.models.committee import Committee
from serkit.models.committee_settings import CommitteeSettings
from serkit.models.initialisation import count_parameters
from serkit.models.losses import Targets, by_member, cross_entropy
from serkit.models.network_training import NetworkTraining
from serkit.models.torch_classifier import TorchClassifier
from serkit.onnx_export import export_onnx
from serkit.recipe import load_recipe

EMOTIONS = np.array(["angry", "calm", "disgust", "fear", "happy", "neutral", "sad", "surprise"])
SMALL = {"axes": 12, "members": 3, "units": 16, "epochs": 40, "learning_rate": 1e-2, "batch_size": 8}


def clips(n: int = 16, n_features: int = 20) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(3, 5, (n, n_features)).astype(np.float32), EMOTIONS[np.arange(n) % 8]


def test_the_recipe_stays_below_two_million_values_its_axes_counted() -> None:
    recipe = load_recipe("functionals-committee")
    settings = recipe.model
    assert isinstance(settings, CommitteeSettings)
    (n_features,) = recipe.features.shape
    trained = count_parameters(settings.network((n_features,), 8))
    units = settings.members * settings.units
    assert trained == (settings.axes + 1) * units + 8 * (units + settings.members)
    assert trained + n_features * settings.axes < 2_000_000


def test_sixteen_clips_are_learned_by_heart_and_exported() -> None:
    features, labels = clips()
    model = build_model("committee", **SMALL).fit(features, labels)
    assert (model.predict(features) == labels).all()
    session = onnxruntime.InferenceSession(export_onnx(model, features))
    (scores,) = session.run(["scores"], {"features": features[:5]})
    np.testing.assert_allclose(scores, decision_scores(model, features[:5]), rtol=1e-4, atol=1e-4)


def test_the_committee_says_the_mean_of_what_its_members_say() -> None:
    committee = Committee(5, 3, members=4, units=8, dropout=0.0)
    features = torch.randn(6, 5)
    of_members = committee(features)
    assert of_members.shape == (6, 3, 4)
    torch.testing.assert_close(committee.eval()(features), of_members.mean(dim=2))


def test_a_member_is_a_network_of_its_own() -> None:
    committee = Committee(5, 3, members=4, units=8, dropout=0.0)
    features = torch.randn(6, 5)
    hidden = committee.hidden.weight[8:16], committee.hidden.bias[8:16]
    head = committee.heads.weight[3:6, :, 0], committee.heads.bias[3:6]
    alone = functional.linear(functional.relu(functional.linear(features, *hidden)), *head)
    torch.testing.assert_close(committee(features)[:, :, 1], alone)
    committee(features)[:, :, 1].sum().backward()
    others = torch.cat([committee.hidden.weight.grad[:8], committee.hidden.weight.grad[16:]])
    assert not others.any()


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 2.0, 3.0, 1.0, 0.5, 0.0])])
def test_the_loss_is_the_mean_of_the_losses_of_the_members(weights: torch.Tensor | None) -> None:
    scores, shares = torch.randn(6, 3, 4), torch.rand(6, 3).softmax(dim=1)
    allowed = torch.tensor([[True, True, True], [True, True, False]] * 3)
    targets = Targets(shares * allowed, allowed, weights)
    expected = torch.stack([cross_entropy(scores[:, :, member], targets) for member in range(4)])
    torch.testing.assert_close(cross_entropy(*by_member(scores, targets)), expected.mean())


def test_a_weight_makes_a_feature_count_for_more() -> None:
    features, labels = clips()
    weights = np.ones(20)
    weights[3] = 100.0
    classifier = MODELS["committee"](**SMALL).build(seed=0, weights=weights).fit(features, labels)[-1]
    axes = classifier.network_.standardise[1].axes
    assert axes[:, 0].abs().argmax() == 3
    first_layer = classifier.network_.standardise[0]
    standardised = first_layer(torch.from_numpy(features)).numpy()
    np.testing.assert_allclose(standardised.std(axis=0), weights, rtol=1e-4)


def test_it_goes_on_where_it_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = clips()
    settings = CommitteeSettings(**SMALL | {"epochs": 4})
    whole = TorchClassifier(settings, weights=np.arange(1.0, 21.0)).fit(features, labels)
    epoch = NetworkTraining._epoch

    def interrupted(self: NetworkTraining, optimizer: object, history: list[object]) -> object:
        if len(history) == 2:
            raise KeyboardInterrupt
        return epoch(self, optimizer, history)

    resumable = TorchClassifier(settings, weights=np.arange(1.0, 21.0), checkpoints=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(NetworkTraining, "_epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            resumable.fit(features, labels)
    scores = resumable.fit(features, labels).decision_function(features)
    np.testing.assert_array_equal(scores, whole.decision_function(features))
    # Other weights are another training.
    TorchClassifier(settings, checkpoints=tmp_path).fit(features, labels)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_damaged_vector_and_a_single_emotion_are_refused() -> None:
    features, labels = clips()
    with pytest.raises(TrainingError, match="needs two classes or more"):
        build_model("committee", **SMALL).fit(features, np.full(16, "sad"))
    features[2, 3] = np.nan
    with pytest.raises(FeatureError, match=r"^row 3, column 4: nan"):
        build_model("committee", **SMALL).fit(features, labels)
