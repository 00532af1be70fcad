"""Scores, intervals, reports and pictures of what a model got right and wrong.

==================  ==========================================================================
`predictions`       test predictions and their CSV
`metrics`           UAR, WAR, macro and thresholded scores, top-k
`confusion`         confusion counts and the scores that follow from them
`reliability`       calibration error, reliability table, abstention
`bootstrap`         intervals over speakers
`scoring`           evaluate: predictions become a report
`report`            the report as data
`pages`             the report as HTML, Markdown, JSON and pictures
`compare`           several runs side by side
`explore`           pictures of a recording or a manifest
`plots`             every picture
==================  ==========================================================================
"""

from serkit.evaluation.metrics import macro_scores, thresholded_precision_recall, top_k, uar, war
from serkit.evaluation.predictions import Predictions, read_predictions, write_predictions
from serkit.evaluation.reliability import ece
from serkit.evaluation.report import Cost, EvaluationReport, RunFacts, Score
from serkit.evaluation.scoring import evaluate

__all__ = [
    "Cost",
    "EvaluationReport",
    "Predictions",
    "RunFacts",
    "Score",
    "ece",
    "evaluate",
    "macro_scores",
    "read_predictions",
    "thresholded_precision_recall",
    "top_k",
    "uar",
    "war",
    "write_predictions",
]
