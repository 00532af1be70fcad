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
============================================  ================================================
"""

from serkit.models.catalogue import MODELS, build_model
from serkit.models.settings import ModelSettings

__all__ = ["MODELS", "ModelSettings", "build_model"]
