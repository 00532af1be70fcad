"""Published weights of speech encoders: from a folder, or from the Hugging Face hub by name.

Weights are a ``model.safetensors`` beside a ``config.json``. What does not load is an error: a network never
begins with random weights in place of published ones.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from serkit.errors import MissingDependencyError, WeightsError
from serkit.files import sha256
from serkit.models.wave_encoder import WAVE_MODELS, WaveEncoder, load_wave_model
from serkit.models.whisper_encoder import EncoderShape, WhisperEncoder

if TYPE_CHECKING:
    import torch

Encoder = WhisperEncoder | WaveEncoder

CONFIG, WEIGHTS = "config.json", "model.safetensors"
_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w.-]+")


def load_encoder(
    source: str, *, revision: str = "", checksum: str = "", blocks: int | None = None
) -> Encoder:
    """Load an encoder with its published weights.

    Parameters
    ----------
    source : str
        A folder, or the name of a model on the hub, such as ``"openai/whisper-base"``.
    revision : str, default ""
        Commit on the hub; needed for a name.
    checksum : str, default ""
        SHA-256 of the weights; needed for a name, and checked wherever it is given.
    blocks : int, optional
        Blocks to keep; without it all.

    Returns
    -------
    WhisperEncoder or WaveEncoder

    Raises
    ------
    WeightsError
        If the weights cannot be had, are not those of the checksum, or do not fit the encoder.
    MissingDependencyError
        If huggingface-hub is not installed, which a name needs, or transformers, which all but Whisper need.
    """
    folder = Path(source) if Path(source).is_dir() else _download(source, revision, checksum)
    config = _read_config(folder / CONFIG)
    if config["model_type"] in WAVE_MODELS:
        _check_blocks(source, blocks, config.get("num_hidden_layers", 0))
        _check_weights(folder / WEIGHTS, checksum)
        return WaveEncoder(load_wave_model(folder, blocks))
    shape = _read_shape(config, folder / CONFIG)
    _check_blocks(source, blocks, shape.encoder_layers)
    encoder = WhisperEncoder(shape, blocks)
    _fill(encoder, _read_weights(folder / WEIGHTS, checksum), source)
    return encoder


def weights_digest(encoder: Encoder) -> str:
    """Return a hash of all weights, 32 hexadecimal digits."""
    digest = hashlib.blake2b(digest_size=16)
    for weights in encoder.state_dict().values():
        digest.update(weights.numpy().tobytes())
    return digest.hexdigest()


def _download(name: str, revision: str, checksum: str) -> Path:
    """Fetch a model from the hub, unless it is there already; return its folder."""
    if not _HUB_NAME.fullmatch(name):
        raise WeightsError(f"{name}: no such folder", hint="give a folder, or a name on the hub: OWNER/MODEL")
    if not revision or not checksum:
        raise WeightsError(
            f"{name}: a model of the hub may change", hint="pin it: set its revision and its checksum"
        )
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise MissingDependencyError(
            f"{name}: the hub needs huggingface-hub", hint='pip install "serkit[hub]"'
        ) from error
    try:
        files = [hf_hub_download(name, file, revision=revision) for file in (CONFIG, WEIGHTS)]
    except Exception as error:  # its errors, and those of the network, share no other base
        reason = str(error).partition("\n")[0]
        raise WeightsError(f"{name}: cannot be downloaded: {reason}", hint="or give a folder") from error
    return Path(files[0]).parent


def _check_blocks(source: str, wanted: int | None, most: int) -> None:
    if wanted is not None and wanted > most:
        raise WeightsError(f"{source}: has {most} blocks, not {wanted}", hint="ask for fewer")


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        config["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path}: does not describe an encoder: {error!r}") from error
    return config


def _read_shape(config: dict[str, Any], path: Path) -> EncoderShape:
    if config["model_type"] != "whisper" or config.get("activation_function", "gelu") != "gelu":
        kinds = ", ".join(("whisper", *WAVE_MODELS))
        raise WeightsError(
            f"{path}: describes a model of the kind {config['model_type']!r}", hint=f"give one of {kinds}"
        )
    try:
        return EncoderShape(**{name: config[name] for name in EncoderShape._fields})
    except KeyError as error:
        raise WeightsError(f"{path}: does not describe an encoder: {error!r}") from error


def _check_weights(path: Path, checksum: str) -> None:
    try:
        found = sha256(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error}") from error
    if checksum and found != checksum:
        raise WeightsError(f"{path}: its SHA-256 is {found}, not {checksum}", hint="get the model again")


def _read_weights(path: Path, checksum: str) -> dict[str, torch.Tensor]:
    """Read the encoder's weights, without what their names begin with in a larger model."""
    _check_weights(path, checksum)
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path}: cannot be read: {error}") from error
    return {
        name.removeprefix("model.").removeprefix("encoder."): weights.float()
        for name, weights in tensors.items()
        if not name.startswith(("model.decoder.", "proj_out."))
    }


def _fill(encoder: WhisperEncoder, weights: dict[str, torch.Tensor], source: str) -> None:
    """Put weights into the encoder, all of whose own must be there."""
    wanted = encoder.state_dict().keys()
    missing = sorted(wanted - weights.keys())
    if missing:
        raise WeightsError(f"{source}: {len(missing)} weights are missing, the first is {missing[0]}")
    try:
        encoder.load_state_dict({name: weights[name] for name in wanted})
    except RuntimeError as error:
        raise WeightsError(f"{source}: weights do not fit {CONFIG}: {error}") from error
