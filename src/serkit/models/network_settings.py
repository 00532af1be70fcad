"""What may be set of every neural network: its input, its training and when that ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from serkit.errors import RecipeError
from serkit.models.settings import CLASSIFIER, ModelSettings

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    import numpy as np
    import torch
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline
    from torch import nn

    from serkit.models.batches import Batch
    from serkit.models.inner_folds import Split
    from serkit.models.labelled import Labelled
    from serkit.models.losses import Targets
    from serkit.models.settings import Weights
    from serkit.models.standardise import StandardisedNetwork

Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Fraction = Annotated[float, Field(gt=0.0, lt=1.0)]
Precision = Literal["float32", "bfloat16", "auto"]
Monitor = Literal["train_loss", "train_accuracy", "dev_loss", "dev_uar"]


class Masks(BaseModel):
    """What SpecAugment hides of each row in each epoch.

    Attributes
    ----------
    frames, rows : (int, int)
        How many masks there are, and the widest: in frames, and in features.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: tuple[NonNegativeInt, NonNegativeInt] = (2, 40)
    rows: tuple[NonNegativeInt, NonNegativeInt] = (2, 10)


class NetworkSettings(ModelSettings):
    """Settings of a network and of its training with Adam on the cross-entropy.

    Attributes
    ----------
    standardise : {"cell", "row", "none"}, default "cell"
        What is brought to mean 0 and deviation 1, as the training rows have them: every value of a vector,
        sequence or image by itself; every feature over all its frames; or nothing.
    initialisation : {"torch", "keras", "he"}, default "torch"
        Of the weights: torch's default, Glorot's uniform with zero biases, or He's uniform.
    epochs : int, default 50
        Passes over the training rows.
    batch_size : int, default 64
        Rows that make a step.
    learning_rate : float, default 1e-3
        Of Adam, where its schedule is highest.
    betas : tuple of float, default (0.9, 0.999)
        How slowly Adam forgets gradients and their squares.
    epsilon : float, default 1e-8
        What Adam adds to the root of the squares.
    weight_decay : float, default 0.0
        Of Adam, decoupled from the gradient (AdamW).
    label_smoothing : float, default 0.0
        Share of each target that is spread evenly over all classes that the row may be.
    votes : float, default 0.0
        Share of each target that is what listeners heard, where they were asked; see `data.votes`.
    copy_weight : float, default 1.0
        How much an altered copy of a recording counts beside its original.
    draw : {"all", "speakers"}, default "all"
        What an epoch is. "all": each training row once. "speakers": corpora, which `data.own_emotions` tells
        apart, in proportion to the square root of the number of their speakers, as many rows of the corpus
        with the most originals as it has originals; and of each corpus altered copies in proportion to
        `copy_weight` beside their originals.
    schedule : {"constant", "plateau", "one_cycle", "cosine"}, default "constant"
        How the learning rate goes on: see `serkit.models.schedules`.
    plateau_factor : float, default 0.1
        What the plateau schedule multiplies by.
    plateau_patience : int, default 10
        Epochs in which the training loss did not fall before it does.
    minimum_learning_rate : float, default 0.0
        Where plateau and cosine end.
    monitor : {"train_loss", "train_accuracy", "dev_loss", "dev_uar"}, default "train_loss"
        What tells the best epoch.
    watch_dev : bool, default False
        Whether the dev part of a protocol that has one is not trained on but looked at after each epoch, for
        the curves. Where `monitor` is a dev score, it is in any case, or else held-out speakers are.
    patience : int, optional
        Training stops after so many epochs without a new best one. Without it, after `epochs`.
    keep : {"last", "best"}, default "last"
        Which epoch's weights the trained network has.
    spec_augment : Masks, optional
        Hide stretches of time and bands of features while training: `frames` and `rows` are how many, and the
        widest. What is hidden has the mean of the training rows. Of sequences and images only.
    mixup : float, optional
        Mix each row of a batch, and its label, with another one while training; the share is drawn from
        Beta(mixup, mixup). The training accuracy is then that of mixtures.
    precision : {"float32", "bfloat16", "auto"}, default "float32"
        Of the products in training. bfloat16 is meant for hardware that multiplies it, as GPUs and CPUs with
        AMX or AVX-512 BF16 do; elsewhere it is slower. "auto" takes it there alone. Predictions are always
        float32.
    """

    takes_lengths: ClassVar[bool] = False
    takes_weights: ClassVar[bool] = False

    standardise: Literal["cell", "row", "none"] = "cell"
    initialisation: Literal["torch", "keras", "he"] = "torch"
    epochs: PositiveInt = 50
    batch_size: PositiveInt = 64
    learning_rate: PositiveFloat = 1e-3
    betas: tuple[Share, Share] = (0.9, 0.999)
    epsilon: PositiveFloat = 1e-8
    weight_decay: NonNegativeFloat = 0.0
    label_smoothing: Share = 0.0
    votes: Share = 0.0
    copy_weight: PositiveFloat = 1.0
    draw: Literal["all", "speakers"] = "all"
    schedule: Literal["constant", "plateau", "one_cycle", "cosine"] = "constant"
    plateau_factor: Fraction = 0.1
    plateau_patience: PositiveInt = 10
    minimum_learning_rate: NonNegativeFloat = 0.0
    monitor: Monitor = "train_loss"
    watch_dev: bool = False
    patience: PositiveInt | None = None
    keep: Literal["last", "best"] = "last"
    spec_augment: Masks | None = None
    mixup: PositiveFloat | None = None
    precision: Precision = "float32"

    @model_validator(mode="after")
    def _check_masks(self) -> Self:
        if self.spec_augment and not {"sequence", "image"} & set(self.layouts):
            raise ValueError(f"spec_augment: {self.name} takes no features with frames")
        if self.spec_augment and self.standardise == "none":
            raise ValueError("spec_augment: masks hold the mean of standardised features; set standardise")
        return self

    @property
    def monitors_dev(self) -> bool:
        """Whether the best epoch is that of the dev rows."""
        return self.monitor.startswith("dev")

    @property
    def looks_at_dev(self) -> bool:
        """Whether dev rows are looked at, and so not trained on."""
        return self.watch_dev or self.monitors_dev

    @property
    def compares_speakers(self) -> bool:
        """Whether training looks at who speaks."""
        return self.draw == "speakers"

    @property
    def hears_published(self) -> bool:
        """Whether it hears what a published encoder does, the same before training and after it."""
        return False

    @property
    def solves_head(self) -> bool:
        """Whether the head is fitted by itself, once everything else is trained."""
        return False

    @property
    def counts_running(self) -> bool:
        """Whether the parameters of the network count as in Keras, running statistics among them."""
        return self.initialisation == "keras"

    @property
    def statistics_axes(self) -> tuple[int, ...] | None:
        """Axes of the training rows over which mean and deviation are taken; None for neither."""
        if self.standardise == "none":
            return None
        frames = {"sequence": 1, "image": 2}.get(self.layouts[0])
        return (0, frames) if self.standardise == "row" and frames else (0,)

    def build(self, *, seed: int, weights: Weights | None = None) -> Pipeline:
        """Return the unfitted pipeline of the network alone; few networks take weights."""
        if weights is not None and (weights == 1).all():
            weights = None
        if weights is not None and not self.takes_weights:
            raise RecipeError(f"{self.name}: takes no weight of a block", hint="leave it out of the features")
        from sklearn.pipeline import Pipeline

        from serkit.models.torch_classifier import TorchClassifier

        return Pipeline([(CLASSIFIER, TorchClassifier(self, seed=seed, weights=weights))])

    export_tolerance: ClassVar[float] = 1e-4  # how far scores of the ONNX form may be from the network's

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network for features of this shape, its weights drawn by torch's generator."""
        raise NotImplementedError

    def remember_in(self, network: nn.Module, folder: Path) -> None:
        """Keep what frozen parts of the network make of a row in a folder: here nothing."""

    def prepare(self, network: StandardisedNetwork, train: Labelled, device: str, seed: int) -> None:
        """Set what follows from the training rows before the first step: here nothing."""

    def finish(
        self,
        network: StandardisedNetwork,
        train: Labelled,
        device: str,
        seed: int,
        *,
        split: Split | None = None,
    ) -> torch.Tensor | None:
        """Fit the head that follows from the training rows after the last step, if there is one: here none.

        Parameters
        ----------
        network : StandardisedNetwork
            Changed in place.
        train : Labelled
            Rows to fit the head to.
        device : str
            Where the network is.
        seed : int
            Of random draws.
        split : (ndarray of int, ndarray of int), optional
            Rows to fit another such head to, and those that it is to score.

        Returns
        -------
        Tensor or None
            The scores that the other head gives to the rows held out.
        """

    def losses(
        self, network: StandardisedNetwork, batch: Batch, targets: Targets, rows: NDArray[np.intp]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the scores of training rows, whose features are standardised, and the loss of a step."""
        from serkit.models.losses import cross_entropy

        scores = network.scores(*batch)
        return scores, cross_entropy(scores.float(), targets, smoothing=self.label_smoothing)

    def parameter_groups(self, network: nn.Module) -> list[dict[str, Any]]:
        """Return what is trained of the network, each group with its `scale` of the learning rate."""
        trained = [weights for weights in network.parameters() if weights.requires_grad]
        return [{"params": trained, "scale": 1.0}]

    def network_parameters(self) -> dict[str, Any]:
        """Return the settings that the subclass adds: those of the network's build."""
        return self.model_dump(exclude=set(NetworkSettings.model_fields))
