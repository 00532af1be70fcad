"""What may be set of a new last layer for a saved model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat

from serkit.models.settings import CLASSIFIER, ModelSettings

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from serkit.models.settings import Weights


class NewHeadSettings(ModelSettings):
    """Logistic regression in place of the last layer of a saved model, drawn to that layer.

    Attributes
    ----------
    base : str
        Name or folder of the saved model; the features must be those of its front end.
    checksum : str, default ""
        SHA-256 of its ``model.onnx``; checked where it is given.
    penalty : float, default 0.1
        Half of it is how much the squared changes of the weights count beside the mean loss.
    """

    layouts: ClassVar[tuple[str, ...]] = ("vector", "contours", "sequence", "image")
    minimum_shape: ClassVar[tuple[int, ...]] = ()

    name: Literal["new_head"] = "new_head"
    balance: Literal["none", "class_weight"] = "class_weight"
    limit: None = None
    base: Annotated[str, Field(min_length=1)]
    checksum: str = ""
    penalty: PositiveFloat = 0.1

    def build(self, *, seed: int, weights: Weights | None = None) -> Pipeline:
        """Return the unfitted pipeline, of a classifier alone: neither seed nor weights change it."""
        from sklearn.pipeline import Pipeline

        from serkit.models.new_head import NewHead

        return Pipeline([(CLASSIFIER, NewHead(**self.parameters(), balanced=self.balance == "class_weight"))])
