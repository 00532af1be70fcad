"""The error for a name that no table has."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from serkit.errors import SerkitError

Error = TypeVar("Error", bound="SerkitError")


def unknown_name(error: type[Error], what: str, name: str, known: Iterable[str]) -> Error:
    """Return the error for an unknown `name` of a kind of thing, with the nearest known one.

    Examples
    --------
    >>> from serkit.errors import FeatureError
    >>> print(unknown_name(FeatureError, "descriptor", "mffc", ["mel", "mfcc"]))
    unknown descriptor 'mffc'; did you mean 'mfcc'? Known: mel, mfcc
    """
    known = sorted(known)
    # Whoever writes "model.c" means "model.C".
    plain = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), plain, n=1)
    question = f"did you mean {plain[near[0]]!r}? " if near else ""
    return error(f"unknown {what} {name!r}", hint=f"{question}Known: {', '.join(known)}")
