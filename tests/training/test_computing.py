"""Devices and threads."""

from __future__ import annotations

import pytest
import torch

from serkit.errors import TrainingError
from serkit.models import MODELS
from serkit.training import make_plan
from serkit.training.computing import choose_device, limited_threads

NETWORK, CLASSICAL = MODELS["dense"](), MODELS["logistic_regression"]()


@pytest.mark.parametrize(
    ("model", "wanted", "gpu", "chosen"),
    [
        (NETWORK, "cpu", True, "cpu"),
        (NETWORK, "cuda", True, "cuda"),
        (NETWORK, "auto", True, "cuda"),
        (NETWORK, "auto", False, "cpu"),
        (CLASSICAL, "auto", True, "cpu"),
        (CLASSICAL, "cpu", False, "cpu"),
    ],
)
def test_a_network_is_trained_where_it_is_asked_to(model, wanted, gpu, chosen, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert choose_device(model, wanted) == chosen


@pytest.mark.parametrize(
    ("model", "wanted", "problem"),
    [
        (NETWORK, "cuda", r"^device cuda: torch finds no GPU; check its driver, or use --device cpu$"),
        (CLASSICAL, "cuda", r"^device cuda: logistic_regression is trained on the CPU"),
        (NETWORK, "gpu", r"^device gpu: not one of cpu, cuda, auto$"),
    ],
)
def test_a_device_that_there_is_not_is_refused(model, wanted, problem, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TrainingError, match=problem):
        choose_device(model, wanted)


def test_the_number_of_threads_holds_until_the_end():
    before = torch.get_num_threads()
    with limited_threads(before + 1, torch_too=True):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
    with pytest.raises(TrainingError, match="threads: 0 is below 1"), limited_threads(0, torch_too=False):
        pass


def test_a_run_on_another_machine_is_another_run(recipe, manifest):
    plan = make_plan(recipe, manifest, "folds")
    descriptions = [plan.describe(), plan.describe(threads=2), plan.describe(device="cuda")]
    assert len({one["fingerprint"] for one in descriptions}) == 3
    assert [(one["device"], one["threads"]) for one in descriptions] == [("cpu", 1), ("cpu", 2), ("cuda", 1)]
