"""Encoders that hear the wave itself: wav2vec 2.0, HuBERT and WavLM, through transformers [1]_.

References
----------
.. [1] Wolf, T. et al. (2020). Transformers: state-of-the-art natural language processing. EMNLP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from serkit.errors import MissingDependencyError, WeightsError

if TYPE_CHECKING:
    from pathlib import Path

WAVE_MODELS = ("wav2vec2", "hubert", "wavlm")
"""The kinds, as ``config.json`` names them."""
N_SAMPLES = 320
"""Samples of a frame, as the feature set ``samples-320`` has them."""
# Replaces states that training hides, which serkit's does not.
_NOT_NEEDED = {"masked_spec_embed"}


class WaveEncoder(nn.Module):
    """A model of the wave, on frames of samples.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        One of `WAVE_MODELS`, with its weights.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    @property
    def layers(self) -> nn.ModuleList:
        """The blocks."""
        layers: nn.ModuleList = self.model.encoder.layers
        return layers

    @property
    def n_values(self) -> int:
        """Values of a frame."""
        return N_SAMPLES

    @property
    def units(self) -> int:
        """Values of a state."""
        return int(self.model.config.hidden_size)

    def n_states(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return how many states clips of so many frames have."""
        found = lengths * N_SAMPLES
        shape = self.model.config
        for width, stride in zip(shape.conv_kernel, shape.conv_stride, strict=True):
            found = (found - width) // stride + 1
        return found

    def forward(
        self, frames: torch.Tensor, lengths: torch.Tensor | None = None, *, last: int | None = None
    ) -> list[torch.Tensor]:
        """Return the states before the first block and after each.

        Clips are heard one by one: what fills a batch up would change what some of these models hear.

        Parameters
        ----------
        frames : Tensor, shape (N, n_frames, 320)
            The samples, clips padded at their ends.
        lengths : Tensor of int, shape (N,), optional
            Frames of each clip; without them all are as long as the longest.
        last : int, optional
            Number of the last state that is wanted; without it all are.

        Returns
        -------
        list of Tensor, each of shape (N, n_states, units)
            What stands after the end of a clip has no meaning.
        """
        waves, wanted = frames.flatten(1), slice(None if last is None else last + 1)
        if lengths is None:
            return self._hear(waves)[wanted]
        ends = (lengths * N_SAMPLES).tolist()
        clips = [self._hear(wave[None, :end])[wanted] for wave, end in zip(waves, ends, strict=True)]
        return [
            pad_sequence([state[0] for state in states], batch_first=True)
            for states in zip(*clips, strict=True)
        ]

    def _hear(self, waves: torch.Tensor) -> list[torch.Tensor]:
        return list(self.model(waves, output_hidden_states=True).hidden_states)

    def parts(self) -> list[nn.Module]:
        """Return what can be trained by itself: all before the blocks, then each block."""
        inside = {id(weights) for weights in self.layers.parameters()}
        before = nn.ParameterList(weights for weights in self.parameters() if id(weights) not in inside)
        return [before, *self.layers]


def load_wave_model(folder: Path, blocks: int | None) -> Any:
    """Load a model of transformers from a folder, all of whose weights must be there.

    Parameters
    ----------
    folder : Path
        Holds ``config.json`` and ``model.safetensors``.
    blocks : int, optional
        Blocks to keep; without it all.

    Raises
    ------
    WeightsError
        If a weight is missing or of another shape.
    MissingDependencyError
        If transformers is not installed.
    """
    try:
        from transformers import AutoConfig, AutoModel
        from transformers.utils import logging
    except ImportError as error:
        raise MissingDependencyError(
            f"{folder}: this encoder needs transformers", hint='pip install "serkit[encoders]"'
        ) from error
    logging.disable_progress_bar()
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        config.num_hidden_layers = blocks or config.num_hidden_layers
        config.layerdrop, config.apply_spec_augment = 0.0, False
        model, found = AutoModel.from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            dtype=torch.float32,
            attn_implementation="eager",  # the others cannot be exported
        )
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise WeightsError(f"{folder}: cannot be loaded: {str(error).partition(chr(10))[0]}") from error
    missing = sorted(set(found["missing_keys"]) - _NOT_NEEDED)
    if missing:
        raise WeightsError(f"{folder}: {len(missing)} weights are missing, the first is {missing[0]}")
    return model
