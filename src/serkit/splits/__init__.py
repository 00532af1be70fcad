"""Cut a manifest into train, dev and test so that nothing that the test part knows stands in train.

============================  ==========================================================
:class:`Protocol`             how to cut, as written in a recipe
:func:`make_folds`            a manifest and a protocol become folds
:class:`Fold`                 the rows of one train, dev and test part
:func:`sides`                 which rows are in the same part of every fold
:func:`check_leaks`           refuse a fold whose parts share a speaker or a recording
:func:`published_folds`       fold lists that others published, by name
============================  ==========================================================
"""

from serkit.splits.folds import Fold, count_leaks, make_folds, sides
from serkit.splits.leaks import check_leaks, speaker_groups
from serkit.splits.protocol import Leak, Protocol
from serkit.splits.published import PublishedFolds, published_folds, published_names

__all__ = [
    "Fold",
    "Leak",
    "Protocol",
    "PublishedFolds",
    "check_leaks",
    "count_leaks",
    "make_folds",
    "published_folds",
    "published_names",
    "sides",
    "speaker_groups",
]
