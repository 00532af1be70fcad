from __future__ import annotations

import subprocess
import sys

import pytest

from serkit import corpora


def test_every_public_name_is_found():
    listed = {name for names in corpora._HOMES.values() for name in names}
    assert listed == set(corpora.__all__)
    for name in corpora.__all__:
        assert getattr(corpora, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = corpora.nothing


def test_what_is_known_about_corpora_needs_no_pandas():
    code = "import sys; from serkit.corpora import CORPORA; assert CORPORA and 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_missing_pandas_is_explained():
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "from serkit.errors import MissingDependencyError\n"
        "try:\n    from serkit.corpora import scan_corpus\n"
        "except MissingDependencyError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "serkit.corpora: needs pandas; pip install 'serkit[train]'"
