"""What may be set of a committee: how many members, how large, and over how many principal axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import PositiveInt  # noqa: TC002 - pydantic reads it at run time

from serkit.models.network_settings import NetworkSettings, Share

if TYPE_CHECKING:
    from torch import nn

    from serkit.models.batches import Rows
    from serkit.models.settings import Weights


class CommitteeSettings(NetworkSettings):
    """Small networks over the principal axes of a vector, trained side by side; their mean score decides.

    Attributes
    ----------
    axes : int, default 400
        Principal axes of the training rows that the networks see.
    members : int, default 8
        Networks.
    units : int, default 128
        Hidden units of each.
    dropout : float, default 0.5
        Share of them that a training step leaves out.
    """

    layouts: ClassVar[tuple[str, ...]] = ("vector",)
    takes_weights: ClassVar[bool] = True

    name: Literal["committee"] = "committee"
    axes: PositiveInt = 400
    members: PositiveInt = 8
    units: PositiveInt = 128
    dropout: Share = 0.5

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the committee, over the axes."""
        from serkit.models.committee import Committee

        return Committee(self.axes, n_classes, members=self.members, units=self.units, dropout=self.dropout)

    def inner_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the number of axes as a shape."""
        return (self.axes,)

    def first_layer(self, rows: Rows, *, seed: int, weights: Weights | None = None) -> nn.Module:
        """Return the layers that standardise, weight and turn to the axes."""
        import torch
        from torch import nn

        from serkit.models.principal_axes import fit_principal_axes

        standardise = super().first_layer(rows, seed=seed, weights=weights)
        standardised = standardise(torch.from_numpy(rows.features)).numpy()
        return nn.Sequential(standardise, fit_principal_axes(standardised, self.axes, seed=seed))
