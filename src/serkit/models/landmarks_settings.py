"""What may be set of a comparison with landmarks: how many, over how many principal axes, and how smooth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, cast

from pydantic import Field, PositiveFloat, PositiveInt

from serkit.models.network_settings import NetworkSettings

if TYPE_CHECKING:
    from torch import nn

    from serkit.models.kernel_head import KernelHead
    from serkit.models.labelled import Labelled
    from serkit.models.standardise import StandardisedNetwork


class LandmarksSettings(NetworkSettings):
    """Comparison of a vector with those of some training clips; weighted sums of the likeness decide.

    The weights are those of kernel ridge regression over all training rows. There is one solution, and no
    epoch.

    Attributes
    ----------
    axes : int, default 400
        Principal axes of the training rows that rows are compared on.
    landmarks : int, default 1500
        Training rows to compare with, as many of each corpus; all of them, where there are fewer.
    penalty : float, default 0.1
        How much the squared norm of the scores, as functions, counts beside the sum of squared errors.
    width : float, default 1.0
        Of the Gaussian that compares: its variance over the mean squared length of a row on the axes.
    epochs : int, default 0
        There are none.
    """

    layouts: ClassVar[tuple[str, ...]] = ("vector",)
    takes_weights: ClassVar[bool] = True
    export_tolerance: ClassVar[float] = 1e-3  # a sum over many likenesses, each a difference of large numbers

    name: Literal["landmarks"] = "landmarks"
    axes: PositiveInt = 400
    landmarks: PositiveInt = 1500
    penalty: PositiveFloat = 0.1
    width: PositiveFloat = 1.0
    epochs: Annotated[int, Field(ge=0, le=0)] = 0

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the comparison, without landmarks yet."""
        from serkit.models.kernel_head import KernelHead

        return KernelHead(shape[0], n_classes, axes=self.axes, landmarks=self.landmarks)

    def prepare(self, network: StandardisedNetwork, train: Labelled, device: str, seed: int) -> None:
        """Fit the comparison to the standardised training rows."""
        import torch

        from serkit.models.kernel_head import fit_kernel_head

        with torch.no_grad():
            rows = train.rows.apply(
                lambda features, _: network.standardise(features), self.batch_size, device
            )
        head = cast("KernelHead", network.body)
        fit_kernel_head(head, rows, train, penalty=self.penalty, width=self.width, seed=seed)
