"""The error for a name that no table has."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from serkit.errors import FeatureError

if TYPE_CHECKING:
    from collections.abc import Iterable


def unknown_name(what: str, name: str, known: Iterable[str]) -> FeatureError:
    """Return the error for an unknown `name` of a kind of thing, with the nearest known one.

    Examples
    --------
    >>> print(unknown_name("descriptor", "mffc", ["mel", "mfcc"]))
    unknown descriptor 'mffc'; did you mean 'mfcc'? Known: mel, mfcc
    """
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    question = f"did you mean {near[0]!r}? " if near else ""
    return FeatureError(f"unknown {what} {name!r}", hint=f"{question}Known: {', '.join(known)}")
