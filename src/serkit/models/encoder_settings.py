"""What may be set of a speech encoder: which one, how much of it, and how much of that is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, cast

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from serkit.errors import RecipeError
from serkit.models.comparison_settings import ComparisonSettings
from serkit.models.network_settings import Share  # noqa: TC001 - pydantic reads it at run time

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import nn

    from serkit.models.adapted_blocks import AdaptedBlocks
    from serkit.models.batches import Batch
    from serkit.models.encoder_weights import Encoder
    from serkit.models.inner_folds import Split
    from serkit.models.labelled import Labelled
    from serkit.models.losses import Targets
    from serkit.models.remembered import Remembered
    from serkit.models.remembered_states import RememberedStates
    from serkit.models.speech_encoder import Head, SpeechEncoder
    from serkit.models.standardise import StandardisedNetwork
    from serkit.models.whisper_encoder import WhisperEncoder


class SpeechEncoderSettings(ComparisonSettings):
    """Blocks of a published speech encoder, a learned mix of their states, and a small head.

    Attributes
    ----------
    encoder : str
        Folder of the published weights, or their name on the Hugging Face hub: Whisper of any size, wav2vec
        2.0, HuBERT or WavLM.
    revision, checksum : str, default ""
        Commit on the hub and SHA-256 of the weights; a name on the hub needs both.
    blocks : int, optional
        Blocks to keep; without it all.
    states : tuple of int, default ()
        States that are heard: 0 before the first block, 1 after it; none means all.
    join : {"mix", "concatenate"}, default "mix"
        Whether states are averaged with learned shares, or pooled one by one and laid end to end.
    attention : int, default 0
        Hidden units of the attention that weights the states of a clip; 0 weights all alike.
    deviations : bool, default True
        Whether the deviations of the states over a clip are heard beside their means; those of adapted blocks
        always are.
    units : int, default 0
        Units of a layer between pooled states and scores; 0 for none.
    dropout : float, default 0.0
        Share of the pooled values that a training step leaves out.
    probe : float, optional
        Training begins with the logistic regression that fits the encoder as it is published best, with so
        large a penalty on the squares of its weights; without it, with random weights.
    adapted_states : tuple of int, default (3, 4)
        States that leave them.
    adapted_rank : int, default 32
        Of the changes of each of their matrices.
    neighbours : float, default 0.0
        While blocks are tuned, how much a second loss counts: that of comparing each clip with the training
        clips of other speakers; see `serkit.models.neighbours`.
    epochs : int, default 50
        Passes over the training rows; with a probe or landmarks there may be none.
    tuned_blocks : int, default 0
        How many blocks are trained along with the head, counted from the last that is heard; one more than
        there are trains the convolutions, too.
    encoder_learning_rate : float, default 3e-5
        Of the last block that is tuned or adapted, where the schedule is highest; `learning_rate` is that of
        the head.
    layer_decay : float, default 1.0
        Learning rate of a block over that of the block after it.
    """

    layouts: ClassVar[tuple[str, ...]] = ("sequence",)
    minimum_shape: ClassVar[tuple[int, ...]] = (1, 1)
    takes_lengths: ClassVar[bool] = True
    export_tolerance: ClassVar[float] = 1e-3  # many layers, each of which rounds in its own order

    name: Literal["speech_encoder"] = "speech_encoder"
    standardise: Literal["cell", "row", "none"] = "none"
    encoder: Annotated[str, Field(min_length=1)]
    revision: str = ""
    checksum: str = ""
    blocks: PositiveInt | None = None
    states: tuple[NonNegativeInt, ...] = ()
    join: Literal["mix", "concatenate"] = "mix"
    attention: NonNegativeInt = 0
    deviations: bool = True
    units: NonNegativeInt = 0
    dropout: Share = 0.0
    probe: PositiveFloat | None = None
    adapted_states: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (3, 4)
    adapted_rank: PositiveInt = 32
    neighbours: NonNegativeFloat = 0.0
    epochs: NonNegativeInt = 50
    tuned_blocks: NonNegativeInt = 0
    encoder_learning_rate: PositiveFloat = 3e-5
    layer_decay: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0

    @model_validator(mode="after")
    def _check_head(self) -> Self:
        if self.probe is None and not self.landmarks and self.epochs == 0:
            raise ValueError("epochs: without a probe or landmarks there must be at least 1")
        if self.probe is not None and self.units:
            raise ValueError("probe: is for a head without a hidden layer, set units = 0")
        if self.loud and self.attention:
            raise ValueError("loud: weights states already, leave out attention")
        if self.keep == "best" and self.epochs == 0:
            raise ValueError('keep: of no epochs none is best, set keep = "last"')
        return self

    @model_validator(mode="after")
    def _check_tuning(self) -> Self:
        if self.neighbours and not ((self.tuned_blocks or self.adapted_share) and self.epochs):
            raise ValueError(
                "neighbours: are for tuned blocks, set tuned_blocks or adapted_share, and epochs"
            )
        if self.neighbours and self.mixup is not None:
            raise ValueError("neighbours: a mixture of clips lies nowhere, leave out mixup")
        if self.adapted_share and not (self.epochs and self._is_frozen):
            raise ValueError(
                "adapted_share: blocks are adapted in epochs, beside published ones that nothing changes, "
                'set join = "concatenate", and neither attention nor tuned_blocks, spec_augment or mixup'
            )
        return self

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network, its encoder with the published weights."""
        from serkit.models.encoder_weights import load_encoder
        from serkit.models.speech_encoder import SpeechEncoder

        encoder = load_encoder(
            self.encoder, revision=self.revision, checksum=self.checksum, blocks=self.blocks
        )
        self._check_fit(encoder, shape[-1])
        for part in encoder.parts():
            part.requires_grad_(False)
        for part in self._tuned(encoder):
            part.requires_grad_(True)
        network = SpeechEncoder(
            encoder,
            n_classes,
            states=self.states or None,
            join=self.join,
            attention=self.attention,
            deviations=self.deviations,
            hidden=self.units,
            dropout=self.dropout,
            poolings=self._poolings if self._is_frozen else self._poolings[:1],
            frames=self._is_frozen and self.frame_share > 0,
            adapted=self._adapted(encoder),
            memory=self._memory(encoder),
        )
        network.below = self._below(network)
        return network

    def _adapted(self, encoder: Encoder) -> AdaptedBlocks | None:
        from serkit.models.adapted_blocks import AdaptedBlocks

        if not self.adapted_share:
            return None
        return AdaptedBlocks(cast("WhisperEncoder", encoder), self.adapted_states, rank=self.adapted_rank)

    def _memory(self, encoder: Encoder) -> Remembered | None:
        """Return the memory of what is heard in a clip, where it never changes."""
        from serkit.models.encoder_weights import weights_digest
        from serkit.models.remembered import remembered

        if not self._is_frozen:
            return None
        # What each setting adds; without it, and thus by default, nothing.
        heard = {
            "loud": self.loud_share,
            "frames": self.frame_share,
            "means": not self.deviations,
            "loud first": self.loud,
            "alike": self.alike_share,
        }
        return remembered(weights_digest(encoder), self.states, *(name for name, one in heard.items() if one))

    def remember_in(self, network: nn.Module, folder: Path) -> None:
        """Keep what frozen blocks hear in a clip in a folder, for every other run."""
        body = cast("SpeechEncoder", network)
        for memory in (body.memory, body.below):
            if memory is not None:
                memory.keep_in(folder)

    @property
    def compares_speakers(self) -> bool:
        """Whether training looks at who speaks."""
        return super().compares_speakers or self.neighbours > 0

    @property
    def hears_published(self) -> bool:
        """Whether `serkit.models.published` hears what the trained network does, in its states."""
        return self._is_frozen and self.standardise == "none"

    @property
    def _is_frozen(self) -> bool:
        """Whether the pooled values of a clip never change, so that they need computing once alone."""
        return self.join == "concatenate" and not (
            self.attention or self.tuned_blocks or self.spec_augment or self.mixup
        )

    def prepare(self, network: StandardisedNetwork, train: Labelled, device: str, seed: int) -> None:
        """Standardise what the encoder hears in the training rows, and fit the probe to it."""
        from serkit.models.probe import prepare_head

        body = cast("SpeechEncoder", network.body)
        if self.epochs or not self.landmarks:
            prepare_head(body, train, self, device, seed)

    def _below(self, network: SpeechEncoder) -> RememberedStates | None:
        """Return the memory of what enters the first trained block, where it is the same in every epoch."""
        from serkit.models.adapted_blocks import in_pairs
        from serkit.models.encoder_weights import weights_digest
        from serkit.models.remembered_states import RememberedStates
        from serkit.models.whisper_encoder import WhisperEncoder

        encoder, adapted = network.encoder, network.adapted
        changes = self.spec_augment or self.mixup or not isinstance(encoder, WhisperEncoder)
        if changes or not (adapted or (self.tuned_blocks and self.states)):
            return None
        first = adapted.entering if adapted else min(self._top(encoder) - self.tuned_blocks, *self.states)
        if not adapted and first <= 0:
            return None

        def hear(frames: torch.Tensor) -> torch.Tensor:
            state = encoder(frames, last=first)[-1]
            return in_pairs(state) if adapted else state

        kind = "pairs" if adapted else "states"
        return RememberedStates(first, encoder.units, hear, kind, weights_digest(encoder))

    def losses(
        self, network: StandardisedNetwork, batch: Batch, targets: Targets, rows: NDArray[np.intp]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scores, and the loss with that of the comparison with neighbours, if it is wanted."""
        body = cast("SpeechEncoder", network.body)
        if body.neighbours is None:
            return super().losses(network, batch, targets, rows)
        import torch

        from serkit.models.losses import cross_entropy

        pooled = body.embed(*batch)
        with torch.autocast(pooled.device.type, enabled=False):  # distances are differences of large numbers
            pooled = pooled.float()
            scores = body.head(pooled)
            near = body.neighbours(cast("Head", body.head).standardise(pooled), rows)
        loss = cross_entropy(scores, targets, smoothing=self.label_smoothing)
        return scores, loss + self.neighbours * cross_entropy(near, targets)

    def finish(
        self,
        network: StandardisedNetwork,
        train: Labelled,
        device: str,
        seed: int,
        *,
        split: Split | None = None,
    ) -> torch.Tensor | None:
        """Compare with landmarks, if wanted, instead of asking the head that was trained."""
        from serkit.models.probe import compare_with_landmarks

        body = cast("SpeechEncoder", network.body)
        scores = None
        body.neighbours = None
        if self.landmarks:
            body.hear(
                self.states or None,
                self._poolings,
                frames=self.frame_share > 0,
                adapted=("alike", "loud") if self.adapted_loud_share else (),
            )
            body.adapting = False
            scores = compare_with_landmarks(body, train, self, device, seed, split=split)
        body.below = None
        return scores

    def parameter_groups(self, network: nn.Module) -> list[dict[str, Any]]:
        """Return head and trained parts of the encoder, each with its share of the learning rate."""
        body = cast("SpeechEncoder", network)
        tuned = list(body.adapted.blocks)[::-1] if body.adapted else self._tuned(body.encoder)
        inside = {id(weights) for part in (body.encoder, *tuned) for weights in part.parameters()}
        head = [weights for weights in network.parameters() if id(weights) not in inside]
        highest = self.encoder_learning_rate / self.learning_rate
        return [
            {"params": head, "scale": 1.0},
            *(
                {
                    "params": [one for one in part.parameters() if one.requires_grad],
                    "scale": highest * self.layer_decay**depth,
                }
                for depth, part in enumerate(tuned)
            ),
        ]

    def _tuned(self, encoder: Encoder) -> list[nn.Module]:
        """Return the parts that are tuned, from the last one on."""
        return encoder.parts()[self._top(encoder) :: -1][: self.tuned_blocks]

    def _top(self, encoder: Encoder) -> int:
        """Return the last block that is heard in training."""
        return max(self.states, default=len(encoder.layers))

    def _check_fit(self, encoder: Encoder, n_rows: int) -> None:
        from serkit.models.whisper_encoder import WhisperEncoder

        n_blocks, n_bins = len(encoder.layers), encoder.n_values
        adapted = self.adapted_states if self.adapted_share else ()
        for name, states in (("states", self.states), ("adapted_states", adapted)):
            if max(states, default=0) > n_blocks:
                raise RecipeError(f"{name}: {self.encoder} has {n_blocks} blocks here, not {max(states)}")
        if self.tuned_blocks > (heard := self._top(encoder)) + 1:
            raise RecipeError(f"tuned_blocks: {self.encoder} has {heard} blocks here and the convolutions")
        if (self.loud or len(self.comparisons) > 1) and not isinstance(encoder, WhisperEncoder):
            raise RecipeError(
                f"loud, loud_share, frame_share, adapted_share: {self.encoder} takes samples, "
                "and no log-mel frames"
            )
        if n_rows != n_bins:
            raise RecipeError(f"features: {self.encoder} takes frames of {n_bins} values, not {n_rows}")
