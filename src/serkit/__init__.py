"""serkit hears emotion in speech, and trains, measures and ships the models that do.

>>> import serkit
>>> predictor = serkit.load("default")  # doctest: +SKIP
>>> predictor.predict("my.wav").emotion  # doctest: +SKIP
'happy'

Every name is imported when it is first used: ``import serkit`` itself loads no library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from serkit.lazy import lazy_names

if TYPE_CHECKING:
    from serkit.audio import Clip as Clip
    from serkit.audio import clip_from_array as clip_from_array
    from serkit.audio import load_audio as load_audio
    from serkit.bundle import available_bundles as available_bundles
    from serkit.corpora import scan_corpus as scan_corpus
    from serkit.emotions import EMOTIONS as EMOTIONS
    from serkit.errors import SerkitError as SerkitError
    from serkit.evaluation import EvaluationReport as EvaluationReport
    from serkit.evaluation import evaluate as evaluate
    from serkit.features import FEATURE_SETS as FEATURE_SETS
    from serkit.features import FeatureSet as FeatureSet
    from serkit.prediction import Failure as Failure
    from serkit.prediction import Prediction as Prediction
    from serkit.predictor import Predictor as Predictor
    from serkit.predictor import load as load
    from serkit.recipe import Recipe as Recipe
    from serkit.recipe import load_recipe as load_recipe
    from serkit.stream import LivePrediction as LivePrediction
    from serkit.stream import Stream as Stream
    from serkit.training import train as train

__version__ = "0.1.0"

# Type checkers read the imports above; a test compares both lists.
_MODULES = {
    "Clip": "audio",
    "clip_from_array": "audio",
    "load_audio": "audio",
    "available_bundles": "bundle",
    "scan_corpus": "corpora",
    "EMOTIONS": "emotions",
    "SerkitError": "errors",
    "EvaluationReport": "evaluation",
    "evaluate": "evaluation",
    "FEATURE_SETS": "features",
    "FeatureSet": "features",
    "Failure": "prediction",
    "Prediction": "prediction",
    "Predictor": "predictor",
    "load": "predictor",
    "Recipe": "recipe",
    "load_recipe": "recipe",
    "LivePrediction": "stream",
    "Stream": "stream",
    "train": "training",
}
__all__ = ["__version__", *_MODULES]  # noqa: PLE0604 - strings all


__getattr__ = lazy_names(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
