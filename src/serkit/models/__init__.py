"""Models: every one is a scikit-learn classifier, and every one exports to ONNX.

============================================  ================================================
:data:`MODELS`                                the models by name, each with its settings
:func:`build_model`                           an unfitted pipeline of scaler and classifier
:mod:`serkit.models.classical`                settings of the classical models
:mod:`serkit.models.networks`                 settings of the neural networks
:mod:`serkit.models.torch_classifier`         a network as a classifier that can resume
:mod:`serkit.models.one_vs_rest_svm`          support vector machines, one against the rest
:mod:`serkit.models.inner_folds`              held-out groups within the training rows
:mod:`serkit.models.calibration`              from scores to probabilities, one temperature
:mod:`serkit.models.temperature_scaled`       a classifier calibrated on held-out groups
:mod:`serkit.models.clip_temperature`         a temperature for each clip
============================================  ================================================
"""

from typing import TYPE_CHECKING

from serkit.lazy import lazy_names

if TYPE_CHECKING:
    from serkit.models.catalogue import MODELS as MODELS
    from serkit.models.catalogue import build_model as build_model
    from serkit.models.settings import ModelSettings as ModelSettings

# Imported when first used: prediction needs `calibration` alone, and the settings of all models take 0.15 s.
_MODULES = {"MODELS": "catalogue", "build_model": "catalogue", "ModelSettings": "settings"}
__all__ = [*_MODULES]  # noqa: PLE0604 - strings all


__getattr__ = lazy_names(__name__, _MODULES)
