"""The neural networks of the reference systems by name: what may be set of each, and what it is built from.

================================  ================================================  =================
name                              features                                          trained as in
================================  ================================================  =================
resnet1d, alexnet1d               eight contours end to end, (848,)                 PyTorch
attention, bilstm, bigru          the same contours as a sequence, (106, 8)         PyTorch
functionals_cnn1d, -_lstm         functionals, (162,)                               Keras
mlp, cnn1d                        functionals, (186,)                               PyTorch
cnn2d                             MFCC and chroma as a sequence, (228, 52)          PyTorch
dense                             functionals, (193,)                               Keras
mfcc_cnn2d                        MFCC image, (25, 216)                             Keras
================================  ================================================  =================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from serkit.models.network_settings import NetworkSettings, Share

if TYPE_CHECKING:
    from typing import Self

    from torch import nn

Initialisation = Literal["torch", "keras", "he"]
Widths = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]


class _KerasSettings(NetworkSettings):
    """Defaults of Keras."""

    initialisation: Initialisation = "keras"
    epsilon: PositiveFloat = 1e-7


class ResNet1dSettings(NetworkSettings):
    """ResNet-18 with one-dimensional convolutions."""

    name: Literal["resnet1d"] = "resnet1d"

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.resnet1d import resnet18

        return resnet18(n_classes)


class AlexNet1dSettings(NetworkSettings):
    """AlexNet with one-dimensional convolutions; `units` of its dense layers."""

    minimum_shape: ClassVar[tuple[int, ...]] = (63,)

    name: Literal["alexnet1d"] = "alexnet1d"
    units: PositiveInt = 4096
    dropout: Share = 0.5

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.cnn1d import alexnet

        return alexnet(n_classes, **self.network_parameters())


class _SequenceSettings(NetworkSettings):
    """Of networks that take as many frames as there are."""

    layouts: ClassVar[tuple[str, ...]] = ("sequence",)
    minimum_shape: ClassVar[tuple[int, ...]] = (1, 1)
    takes_lengths: ClassVar[bool] = True

    standardise: Literal["cell", "row", "none"] = "row"


class AttentionSettings(_SequenceSettings):
    """Self-attention encoder; `units` of each frame, attended to by `heads`, in `layers`."""

    name: Literal["attention"] = "attention"
    units: PositiveInt = 64
    heads: PositiveInt = 4
    layers: PositiveInt = 2
    dropout: Share = 0.1

    @model_validator(mode="after")
    def _check_heads(self) -> Self:
        if self.units % (2 * self.heads):
            raise ValueError(f"units: {self.units} is no multiple of twice the {self.heads} heads")
        return self

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.attention import AttentionEncoder

        return AttentionEncoder(shape[-1], n_classes, **self.network_parameters())


class BiLstmSettings(_SequenceSettings):
    """LSTM in both directions; `units` of each, in `layers`."""

    name: Literal["bilstm"] = "bilstm"
    units: PositiveInt = 128
    layers: PositiveInt = 2
    dropout: Share = 0.0

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.recurrent import bidirectional

        return bidirectional("lstm", shape[-1], n_classes, **self.network_parameters())


class BiGruSettings(_SequenceSettings):
    """GRU in both directions; `units` of each, in `layers`."""

    name: Literal["bigru"] = "bigru"
    units: PositiveInt = 128
    layers: PositiveInt = 2
    dropout: Share = 0.0

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.recurrent import bidirectional

        return bidirectional("gru", shape[-1], n_classes, **self.network_parameters())


class FunctionalsCnn1dSettings(_KerasSettings):
    """Four convolutions over a vector of functionals, and two dense layers."""

    name: Literal["functionals_cnn1d"] = "functionals_cnn1d"

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.cnn1d import functionals_cnn1d

        return functionals_cnn1d(shape[0], n_classes)


class FunctionalsLstmSettings(_KerasSettings):
    """Two LSTM over a vector of functionals, one value a step, and two dense layers."""

    name: Literal["functionals_lstm"] = "functionals_lstm"

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.recurrent import functionals_lstm

        return functionals_lstm(n_classes)


class MlpSettings(NetworkSettings):
    """Four hidden layers of 2, 4, 4 and 2 times as many units as features, with batch normalisation."""

    name: Literal["mlp"] = "mlp"
    dropout: tuple[Share, Share] = (0.4, 0.2)

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.dense import dense

        after_second, after_fourth = self.dropout
        return dense(
            shape[0],
            n_classes,
            widths=[times * shape[0] for times in (2, 4, 4, 2)],
            dropout=[0.0, after_second, 0.0, after_fourth],
            batch_norm=True,
        )


class Cnn1dSettings(NetworkSettings):
    """Five convolutions over a vector of functionals, their maximum, and two dense layers."""

    minimum_shape: ClassVar[tuple[int, ...]] = (33,)

    name: Literal["cnn1d"] = "cnn1d"

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.cnn1d import cnn1d

        return cnn1d(n_classes)


class Cnn2dSettings(NetworkSettings):
    """Three convolutions over frames and features, their maximum, and two dense layers."""

    layouts: ClassVar[tuple[str, ...]] = ("sequence",)
    minimum_shape: ClassVar[tuple[int, ...]] = (181, 24)

    name: Literal["cnn2d"] = "cnn2d"
    dropout: Share = 0.2

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.cnn2d import cnn2d

        return cnn2d(n_classes, **self.network_parameters())


class DenseSettings(_KerasSettings):
    """Dense layers of these `widths`, each with batch normalisation and dropout if asked for."""

    name: Literal["dense"] = "dense"
    widths: Widths = (120, 100, 80, 50, 30, 20)
    batch_norm: bool = False
    dropout: Share = 0.0

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.dense import dense

        dropout = [self.dropout] * len(self.widths)
        return dense(shape[0], n_classes, widths=self.widths, dropout=dropout, batch_norm=self.batch_norm)


class MfccCnn2dSettings(_KerasSettings):
    """Four small convolutions over an image of MFCC, and two dense layers."""

    layouts: ClassVar[tuple[str, ...]] = ("image",)
    minimum_shape: ClassVar[tuple[int, ...]] = (16, 16)

    name: Literal["mfcc_cnn2d"] = "mfcc_cnn2d"
    dropout: Share = 0.2

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Return the network."""
        from serkit.models.cnn2d import mfcc_cnn2d

        return mfcc_cnn2d(shape, n_classes, **self.network_parameters())


NETWORKS: tuple[type[NetworkSettings], ...] = (
    ResNet1dSettings,
    AlexNet1dSettings,
    AttentionSettings,
    BiLstmSettings,
    BiGruSettings,
    FunctionalsCnn1dSettings,
    FunctionalsLstmSettings,
    MlpSettings,
    Cnn1dSettings,
    Cnn2dSettings,
    DenseSettings,
    MfccCnn2dSettings,
)
