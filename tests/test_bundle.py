"""What a bundle promises, and that a broken promise is refused with its reason."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from pydantic import ValidationError

from serkit.bundle import FORMAT_VERSION, BundleInfo, available_bundles, load_bundle, save_bundle
from serkit.errors import BundleError, BundleIntegrityError, BundleNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SUMMED = ("MODEL_CARD.md", "bundle.json", "model.onnx")


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the tiny bundle, to break."""
    return shutil.copytree(tiny_bundle, tmp_path / "copy")


def seal(folder: Path) -> None:
    """Write the checksums of what is in the folder now."""
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in SUMMED]
    (folder / "SHA256SUMS").write_text("".join(lines))


def edit(folder: Path, **changes: Any) -> None:
    """Change ``bundle.json`` and seal the folder again."""
    document = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(document | changes))
    seal(folder)


def edit_model(folder: Path, change: Callable[[onnx.ModelProto], object]) -> None:
    model = onnx.load_from_string((folder / "model.onnx").read_bytes())
    change(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    seal(folder)


def refusal(folder: Path) -> str:
    """Return why a bundle is refused: one line that names the folder."""
    with pytest.raises(BundleIntegrityError) as caught:
        load_bundle(folder)
    message = str(caught.value)
    assert str(folder) in message
    assert "\n" not in message
    return message


def test_a_saved_bundle_comes_back(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    assert bundle.info.labels == ("angry", "happy", "neutral", "sad")
    assert bundle.info.temperature == 1.5
    assert bundle.info.front_end.shape == (6,)
    assert bundle.card.startswith("# tiny")
    scores = bundle.scores(np.zeros((3, 6), np.float32))
    assert scores.dtype == np.float32
    assert scores.shape == (3, 4)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_the_checksums_are_those_of_sha256sum(tiny_bundle: Path) -> None:
    run = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=tiny_bundle, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == [f"{name}: OK" for name in SUMMED]


def test_saving_twice_gives_the_same_bytes(tiny_bundle: Path, tmp_path: Path) -> None:
    loaded = load_bundle(tiny_bundle)
    again = save_bundle(
        tmp_path / "again", loaded.info, (tiny_bundle / "model.onnx").read_bytes(), loaded.card
    )
    for name in (*SUMMED, "SHA256SUMS"):
        assert (again / name).read_bytes() == (tiny_bundle / name).read_bytes()


def test_saving_replaces_a_bundle_and_leaves_nothing_else(bundle: Path) -> None:
    loaded = load_bundle(bundle)
    info = loaded.info.model_copy(update={"summary": "newer"})
    save_bundle(bundle, info, (bundle / "model.onnx").read_bytes(), loaded.card)
    assert load_bundle(bundle).info.summary == "newer"
    assert [path.name for path in bundle.parent.iterdir()] == ["copy"]


def test_saving_never_replaces_what_is_no_bundle(tiny_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all my work")
    loaded = load_bundle(tiny_bundle)
    with pytest.raises(BundleError, match="is no bundle"):
        save_bundle(tmp_path, loaded.info, (tiny_bundle / "model.onnx").read_bytes(), loaded.card)
    assert (tmp_path / "thesis.txt").read_text() == "all my work"


def test_saving_refuses_what_loading_would_refuse(tiny_bundle: Path, tmp_path: Path) -> None:
    loaded = load_bundle(tiny_bundle)
    info = loaded.info.model_copy(update={"labels": ("happy", "sad")})
    with pytest.raises(BundleIntegrityError, match="2 labels"):
        save_bundle(tmp_path / "new", info, (tiny_bundle / "model.onnx").read_bytes(), loaded.card)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", SUMMED)
def test_one_changed_byte_is_refused(bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    assert f"{name} is not as it was saved" in refusal(bundle)


@pytest.mark.parametrize("name", [*SUMMED, "SHA256SUMS"])
def test_a_missing_file_is_refused(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert f"{name} is missing" in refusal(bundle)


def test_a_file_too_many_is_refused(bundle: Path) -> None:
    (bundle / "weights.pkl").write_bytes(b"cos\nsystem\n")
    assert "weights.pkl does not belong" in refusal(bundle)


def test_a_folder_too_many_is_refused(bundle: Path) -> None:
    (bundle / "more").mkdir()
    assert "more does not belong" in refusal(bundle)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_is_refused(bundle: Path, tmp_path: Path) -> None:
    shutil.move(bundle / "model.onnx", tmp_path / "elsewhere.onnx")
    (bundle / "model.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    assert "model.onnx must be a plain file" in refusal(bundle)


@pytest.mark.parametrize("name", ["/etc/passwd", "../model.onnx", "sub/model.onnx", "model.onnx\\..\\x"])
def test_a_listed_path_outside_is_refused(bundle: Path, name: str) -> None:
    with (bundle / "SHA256SUMS").open("a") as stream:
        stream.write(f"{'0' * 64}  {name}\n")
    assert name in refusal(bundle)


@pytest.mark.parametrize("text", ["", "nonsense\n", "\xff", "0" * 64 + "  model.onnx\n"])
def test_a_broken_list_of_checksums_is_refused(bundle: Path, text: str) -> None:
    (bundle / "SHA256SUMS").write_bytes(text.encode("latin-1"))
    refusal(bundle)


def test_a_file_listed_twice_is_refused(bundle: Path) -> None:
    sums = (bundle / "SHA256SUMS").read_text()
    (bundle / "SHA256SUMS").write_text(sums + sums.splitlines()[0] + "\n")
    assert "once each" in refusal(bundle)


def test_a_newer_format_is_refused(bundle: Path) -> None:
    edit(bundle, format_version=FORMAT_VERSION + 1, of_the_future=True)
    assert "upgrade serkit" in refusal(bundle)


@pytest.mark.parametrize("version", [None, "1", 0, 1.5, True])
def test_a_format_that_is_no_version_is_refused(bundle: Path, version: object) -> None:
    edit(bundle, format_version=version)
    assert "format_version" in refusal(bundle)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (["angry", "happy", "neutral"], "for 3 labels"),
        (["angry", "happy", "neutral", "sad", "fear"], "for 5 labels"),
        (["angry", "angry", "neutral", "sad"], "unique"),
        (["angry", "", "neutral", "sad"], "not empty"),
        (["angry"], "labels"),
        ("angry", "labels"),
    ],
)
def test_wrong_labels_are_refused(bundle: Path, labels: object, reason: str) -> None:
    edit(bundle, labels=labels)
    assert reason in refusal(bundle)


def test_another_sampling_rate_is_refused(bundle: Path) -> None:
    edit(bundle, sampling_rate=44_100)
    assert "sampling_rate is 44100, but the front end's is 16000 Hz" in refusal(bundle)


def test_a_front_end_that_computes_something_else_is_refused(bundle: Path) -> None:
    edit(bundle, feature_key="0" * 16)
    assert "made for features 0000" in refusal(bundle)


def test_a_changed_front_end_is_refused(bundle: Path) -> None:
    front_end = json.loads((bundle / "bundle.json").read_text())["front_end"]
    edit(bundle, front_end=front_end | {"hop_length": 128})
    assert "made for features" in refusal(bundle)


@pytest.mark.parametrize(
    "change",
    [{"temperature": 0}, {"temperature": -1.0}, {"offsets": [1.0]}, {"name": "../x"}, {"surprise": 1}],
)
def test_other_wrong_values_are_refused(bundle: Path, change: dict[str, Any]) -> None:
    edit(bundle, **change)
    assert next(iter(change)) in refusal(bundle)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_description_that_is_no_json_object_is_refused(bundle: Path, content: bytes) -> None:
    (bundle / "bundle.json").write_bytes(content)
    seal(bundle)
    refusal(bundle)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x08"])
def test_a_model_that_is_no_onnx_is_refused(bundle: Path, content: bytes) -> None:
    (bundle / "model.onnx").write_bytes(content)
    seal(bundle)
    assert "model.onnx" in refusal(bundle) or "protocol-buffer" in refusal(bundle)


def test_external_data_are_refused(bundle: Path, tmp_path: Path) -> None:
    def move_out(model: onnx.ModelProto) -> None:
        tensor = model.graph.initializer[0]
        (tmp_path / "weights").write_bytes(numpy_helper.to_array(tensor).tobytes())
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", str(tmp_path / "weights")

    edit_model(bundle, move_out)
    assert "tensor data in another file" in refusal(bundle)


@pytest.mark.parametrize("domain", ["com.example", "com.microsoft"])
def test_operators_outside_the_standard_are_refused(bundle: Path, domain: str) -> None:
    edit_model(bundle, lambda model: model.opset_import.append(helper.make_opsetid(domain, 1)))
    assert domain in refusal(bundle)


def test_a_model_of_other_features_is_refused(bundle: Path) -> None:
    def widen(model: onnx.ModelProto) -> None:
        model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 7

    edit_model(bundle, widen)
    refusal(bundle)


@pytest.mark.parametrize("side", ["input", "output"])
def test_a_model_with_other_names_is_refused(bundle: Path, side: str) -> None:
    def rename(model: onnx.ModelProto) -> None:
        old = getattr(model.graph, side)[0].name
        getattr(model.graph, side)[0].name = "other"
        for node in model.graph.node:
            for names in (node.input, node.output):
                names[:] = ["other" if name == old else name for name in names]

    edit_model(bundle, rename)
    assert "must map 'features' to 'scores'" in refusal(bundle)


def test_a_model_that_fails_when_it_runs_is_refused(bundle: Path) -> None:
    def break_it(model: onnx.ModelProto) -> None:
        del model.graph.node[:]
        model.graph.initializer.append(numpy_helper.from_array(np.array([5, 5]), "shape"))
        model.graph.node.append(helper.make_node("Reshape", ["features", "shape"], ["scores"]))

    edit_model(bundle, break_it)
    assert "model.onnx" in refusal(bundle)


def test_an_unknown_name_is_answered_with_what_there_is(
    monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path
) -> None:
    monkeypatch.setattr("serkit.bundle.BUNDLES", tiny_bundle.parent)
    assert available_bundles() == {"tiny": tiny_bundle}
    assert load_bundle("tiny").info.name == "tiny"
    with pytest.raises(BundleNotFoundError, match="tinny: no such model; use tiny"):
        load_bundle("tinny")


def test_a_folder_without_a_bundle_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFoundError, match="not a bundle"):
        load_bundle(tmp_path)


def test_the_description_is_checked_where_it_is_made() -> None:
    with pytest.raises(ValidationError, match="unique"):
        BundleInfo(name="x", labels=["a", "a"], front_end={"blocks": [{"name": "rms"}]})


def test_every_shipped_bundle_is_in_order() -> None:
    for name in available_bundles():
        assert load_bundle(name).info.labels


def test_what_was_measured_is_not_said_of_an_adapted_model() -> None:
    base = load_bundle("default").info
    found = base.adapted("mine", "to me", limits=("Mine alone.",), temperature=2.0)
    assert base.scores
    assert base.robustness
    assert (found.name, found.scores, found.robustness, found.temperature) == ("mine", (), (), 2.0)
    assert found.summary == f"{base.name}, adapted to me. {base.summary}"
    assert found.limits == (*base.limits, "Mine alone.")
