"""Training: a recipe and a manifest become test predictions, a report and a saved model.

==========================  ==========================================================
:func:`train`               the whole run; started again, it goes on where it stopped
:func:`train_folds`         some folds of it, beside other processes
:class:`TrainingRun`        what it leaves behind
:func:`make_plan`           rows, folds and leak check, before anything is trained
:func:`fit_model`           choose, calibrate and fit on training rows alone
:class:`Computing`          device, processes and checkpoints of a fit
:class:`RunFolder`          the files of a run
==========================  ==========================================================
"""

from serkit.training.computing import Computing
from serkit.training.fitting import FitRecord, FittedModel, fit_model
from serkit.training.plan import TrainingPlan, make_plan
from serkit.training.run import TrainingRun, train, train_folds
from serkit.training.run_folder import FoldResult, RunFolder

__all__ = [
    "Computing",
    "FitRecord",
    "FittedModel",
    "FoldResult",
    "RunFolder",
    "TrainingPlan",
    "TrainingRun",
    "fit_model",
    "make_plan",
    "train",
    "train_folds",
]
