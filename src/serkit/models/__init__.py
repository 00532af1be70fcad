"""Models: every one is a scikit-learn classifier, and every one exports to ONNX.

============================================  ================================================
:data:`MODELS`                                the models by name, each with its settings
:func:`build_model`                           an unfitted pipeline of scaler and classifier
:mod:`serkit.models.one_vs_rest_svm`          support vector machines, one against the rest
:mod:`serkit.models.inner_folds`              held-out groups within the training rows
:mod:`serkit.models.calibration`              from scores to probabilities, one temperature
:mod:`serkit.models.temperature_scaled`       a classifier calibrated on held-out groups
============================================  ================================================
"""

from serkit.models.classical import MODELS, ModelSettings, build_model

__all__ = ["MODELS", "ModelSettings", "build_model"]
