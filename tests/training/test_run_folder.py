"""The folder of a run."""

import json

import pandas as pd
import pytest

from serkit.errors import TrainingError
from serkit.files import atomic_path
from serkit.training import FitRecord, FoldResult, RunFolder
from serkit.training.run_folder import BUNDLE, fingerprint

PLAN = {"fingerprint": "abc"}
RESULT = FoldResult(
    name="1",
    rows=(0, 2),
    classes=("calm", "sad"),
    probabilities=((1 / 3, 2 / 3), (0.1, 0.9)),
    record=FitRecord(
        held_out="speaker",
        blocks=("mfcc",),
        selection=(),
        parameters={"C": 0.1},
        candidates=(),
        temperature=1.2,
        training_s=0.5,
    ),
)


def test_a_fold_comes_back_to_the_last_bit(tmp_path):
    RunFolder(tmp_path / "run", PLAN).save_fold(1, RESULT)
    folder = RunFolder(tmp_path / "run", PLAN)
    assert folder.load_fold(1) == RESULT
    assert folder.load_fold(2) is None


def test_a_finished_fold_leaves_the_checkpoints_of_others(tmp_path):
    folder = RunFolder(tmp_path / "run", PLAN)
    for part in (1, 2, BUNDLE):
        folder.checkpoints(part).mkdir(parents=True)
        (folder.checkpoints(part) / "state.safetensors").write_bytes(b"state")
    folder.save_fold(1, RESULT)
    kept = {path.name for path in (tmp_path / "run" / "checkpoints").iterdir()}
    assert kept == {"2", "bundle"}
    assert (folder.checkpoints(2) / "state.safetensors").read_bytes() == b"state"
    folder.finish({})
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_process_that_comes_later_leaves_what_was_found(tmp_path):
    RunFolder(tmp_path / "run", PLAN).finish({"final": None})
    RunFolder(tmp_path / "run", PLAN)
    assert "final" in json.loads((tmp_path / "run" / "run.json").read_text())


def test_two_processes_may_begin_at_once(tmp_path):
    with atomic_path(tmp_path / "run" / "run.json"):  # the other one is about to write it
        RunFolder(tmp_path / "run", PLAN)
    assert (tmp_path / "run" / "run.json").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    for resume in (True, False):
        with pytest.raises(TrainingError, match="is not empty and holds no run; choose another folder"):
            RunFolder(tmp_path, PLAN, resume=resume)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_another_run_is_refused_and_kept(tmp_path):
    RunFolder(tmp_path / "run", PLAN).save_fold(1, RESULT)
    with pytest.raises(TrainingError, match="holds another run"):
        RunFolder(tmp_path / "run", {"fingerprint": "other"})
    assert RunFolder(tmp_path / "run", PLAN).load_fold(1) == RESULT


def test_beginning_anew_forgets_the_folds(tmp_path):
    RunFolder(tmp_path / "run", PLAN).save_fold(1, RESULT)
    folder = RunFolder(tmp_path / "run", {"fingerprint": "other"}, resume=False)
    assert folder.load_fold(1) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null"])
def test_a_damaged_record_is_told(tmp_path, content):
    RunFolder(tmp_path / "run", PLAN)
    (tmp_path / "run" / "run.json").write_text(content)
    with pytest.raises(TrainingError, match=r"run\.json: damaged"):
        RunFolder(tmp_path / "run", PLAN)


def test_a_damaged_fold_is_told(tmp_path):
    folder = RunFolder(tmp_path / "run", PLAN)
    folder.save_fold(1, RESULT)
    path = tmp_path / "run" / "folds" / "1.json"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(TrainingError, match=r"1\.json: damaged; delete it, and the fold is trained again"):
        folder.load_fold(1)


def test_the_outcome_is_added_to_the_plan(tmp_path):
    RunFolder(tmp_path / "run", PLAN).finish({"final": None})
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record == {"format_version": 1, "fingerprint": "abc", "final": None}


def test_the_fingerprint_sees_what_matters_and_nothing_else(tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(name.encode())
    rows = pd.DataFrame({"file": [str(tmp_path / "a")], "corpus": "mine", "emotion": "sad"})
    same = fingerprint({"seed": 0}, rows)
    assert fingerprint({"seed": 0}, rows[["emotion", "corpus", "file"]]) == same
    (tmp_path / "moved").write_bytes(b"a")
    assert fingerprint({"seed": 0}, rows.assign(file=str(tmp_path / "moved"))) == same
    assert fingerprint({"seed": 1}, rows) != same
    assert fingerprint({"seed": 0}, rows.assign(emotion="calm")) != same
    assert fingerprint({"seed": 0}, rows.assign(file=str(tmp_path / "b"))) != same
    by_content = rows.assign(content="0" * 64)
    assert fingerprint({}, by_content) == fingerprint({}, by_content.assign(file="/gone"))
    assert fingerprint({}, by_content) != fingerprint({}, by_content.assign(content="1" * 64))
