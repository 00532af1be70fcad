"""Which libraries serkit can use and which extra installs each, as the package's own metadata says."""

from __future__ import annotations

import re
from importlib import metadata

# Where the name to import is not the name to install.
_INSTALL_NAMES = {"sklearn": "scikit-learn"}
_REQUIREMENT = re.compile(r"""([A-Za-z0-9._-]+)[^;]*(?:;.*extra\s*==\s*['"]([^'"]+)['"])?""")


def requirements() -> dict[str, str]:
    """Return the extra of each library, "" for those that prediction needs.

    Returns
    -------
    dict of str to str
        Extra by name to install; empty if serkit runs without having been installed.

    Examples
    --------
    >>> libraries = requirements()
    >>> libraries["numpy"], libraries["scikit-learn"]
    ('', 'train')
    """
    try:
        lines = metadata.requires("serkit") or []
    except metadata.PackageNotFoundError:
        return {}
    found = [match.groups(default="") for line in lines if (match := _REQUIREMENT.match(line))]
    return {name: extra for name, extra in reversed(found)}  # noqa: C416 - pairs, which dict() cannot know


def how_to_install(module: str) -> str:
    """Return the command that installs what provides a module.

    Examples
    --------
    >>> how_to_install("sklearn")
    "pip install 'serkit[train]'"
    """
    name = _INSTALL_NAMES.get(module.partition(".")[0], module.partition(".")[0])
    extra = requirements().get(name)
    return f"pip install 'serkit[{extra}]'" if extra else f"pip install {name}"
