"""What may be set of a model, checked before anything heavy is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, PositiveFloat, model_validator

from serkit.errors import RecipeError
from serkit.unknown import unknown_name

if TYPE_CHECKING:
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

    Weights = NDArray[np.floating[Any]]

CLASSIFIER = "classifier"
"""Name of the pipeline's last step; its parameter C is ``classifier__C`` to scikit-learn."""


class ModelSettings(BaseModel):
    """Settings of a model, checked.

    Attributes
    ----------
    layouts : tuple of str
        Layouts of feature sets that the model takes. Of the class, not to be set.
    minimum_shape : tuple of int
        The smallest features that it takes. Of the class, not to be set.
    name : str
        Key in `serkit.models.MODELS`.
    balance : {"none", "class_weight", "oversample"}, default "none"
        How rare emotions are made up for: not at all, by weights inverse to their frequency, or by
        repeating random rows of theirs until all emotions are equally frequent. Rows are repeated as the
        model fits, so that no row that it is tested on is repeated.
    limit : float, optional
        Standard deviations from the mean at which a feature is cut off.
    """

    model_config = ConfigDict(frozen=True)

    layouts: ClassVar[tuple[str, ...]] = ("vector", "contours")
    minimum_shape: ClassVar[tuple[int, ...]] = (1,)

    name: str
    balance: Literal["none", "class_weight", "oversample"] = "none"
    limit: PositiveFloat | None = None

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, settings: Any) -> Any:
        for key in settings if isinstance(settings, dict) else ():
            if key not in cls.model_fields:
                kind = f"setting of {cls.model_fields['name'].default}"
                raise ValueError(str(unknown_name(RecipeError, kind, key, cls.model_fields)))
        return settings

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the classifier: every setting that the subclass adds."""
        return self.model_dump(exclude=set(ModelSettings.model_fields))

    def with_parameters(self, parameters: dict[str, Any]) -> Self:
        """Return these settings with other parameters."""
        return type(self)(**self.model_dump() | parameters)

    def build(self, *, seed: int, weights: Weights | None = None) -> Pipeline:
        """Return the unfitted pipeline, for features of these weights."""
        raise NotImplementedError
