"""The models by name.

The settings are checked without scikit-learn and torch, which are imported only where a model is built:
listing and checking recipes stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serkit.errors import RecipeError
from serkit.models.classical import CLASSICAL_MODELS
from serkit.models.encoder_settings import SpeechEncoderSettings
from serkit.models.landmarks_settings import LandmarksSettings
from serkit.models.networks import NETWORKS
from serkit.models.new_head_settings import NewHeadSettings
from serkit.unknown import unknown_name

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from serkit.models.settings import ModelSettings

_OWN = (LandmarksSettings, SpeechEncoderSettings, NewHeadSettings)
_ALL: tuple[type[ModelSettings], ...] = (*CLASSICAL_MODELS, *NETWORKS, *_OWN)
MODELS: dict[str, type[ModelSettings]] = {kind.model_fields["name"].default: kind for kind in _ALL}


def build_model(name: str, *, seed: int = 0, **settings: Any) -> Pipeline:
    """Build an unfitted model.

    Parameters
    ----------
    name : str
        Key of `MODELS`.
    seed : int, default 0
        Of everything that is random in the model.
    **settings
        `balance`, and the parameters of the model as its settings in `MODELS` name them.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Whose last step is the classifier. A classical one follows a `LimitedScaler`; a network standardises
        its input itself.

    Raises
    ------
    RecipeError
        If there is no such model.
    pydantic.ValidationError
        If the model has no such setting, or the setting may not have that value.

    Examples
    --------
    >>> build_model("logistic_regression", C=0.1)[-1].C
    0.1
    """
    if name not in MODELS:
        raise unknown_name(RecipeError, "model", name, MODELS)
    return MODELS[name](name=name, **settings).build(seed=seed)
