"""The shipped recipe that drops feature blocks, from recordings to the curves in its report."""

import itertools

import pytest

from serkit.bundle import load_bundle
from serkit.predictor import Predictor
from serkit.recipe import load_recipe
from serkit.training import train

# One fold and two inner splits: the path is what is tested.
ONE_FOLD = ["protocol={one={kind='speakers', speakers=['05', '06']}}", "search.folds=2"]


@pytest.fixture(scope="module")
def run(manifest, cache, tmp_path_factory):
    recipe = load_recipe("ravdess-backward-selection", ONE_FOLD)
    return train(recipe, manifest, out=tmp_path_factory.mktemp("runs") / "run", cache=cache)


def test_the_path_goes_from_all_blocks_to_one_and_the_best_point_is_kept(run):
    blocks = [block.name for block in load_recipe("ravdess-backward-selection").features.blocks]
    for record in (run.folds[0].record, run.final):
        path = record.selection
        assert record.held_out == "speaker"
        assert path[0].blocks == tuple(blocks)
        assert [len(step.blocks) for step in path] == list(range(len(blocks), 0, -1))
        for before, after in itertools.pairwise(path):
            assert set(before.blocks) - set(after.blocks) == {after.dropped}
        kept = next(step for step in path if step.blocks == record.blocks)
        assert kept.uar == max(step.uar for step in path)
        assert record.parameters["C"] in [candidate.parameters["C"] for candidate in record.candidates]


def test_what_is_kept_hears_unseen_speakers(run):
    assert run.report.n_speakers == 2
    assert run.report.uar.value > 0.8


def test_the_report_shows_both_curves(run):
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    text = (run.folder / "report.md").read_text(encoding="utf-8")
    for name, title in (("selection", "Backward selection: best with"), ("hyper-parameter", "Best C: ")):
        assert f'aria-label="{name}"' in page
        assert f"pictures/{name}." in text
        assert title in (run.folder / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
        assert (run.folder / "pictures" / f"{name}.png").stat().st_size > 5_000


def test_the_saved_model_needs_the_kept_blocks_alone(run, manifest):
    bundle = load_bundle(run.folder / "bundle")
    assert tuple(block.name for block in bundle.info.front_end.blocks) == run.final.blocks
    assert Predictor(bundle).predict(manifest["file"].iloc[0]).emotion in bundle.info.labels
