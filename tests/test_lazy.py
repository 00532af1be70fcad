"""Names of a package that are imported when they are first used."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from serkit.lazy import lazy_names

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    folder = tmp_path / "lazy_example"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "home.py").write_text("thing = object()\n")
    monkeypatch.syspath_prepend(tmp_path)
    import lazy_example

    for name in ("lazy_example", "lazy_example.home"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "lazy_example", lazy_example)
    return lazy_example


def test_a_name_is_imported_once_and_kept(package: ModuleType) -> None:
    get = lazy_names("lazy_example", {"thing": "home"})
    assert "lazy_example.home" not in sys.modules
    thing = get("thing")
    assert thing is sys.modules["lazy_example.home"].thing
    assert vars(package)["thing"] is thing


def test_an_unknown_name_is_an_attribute_error(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match="module 'lazy_example' has no attribute 'other'"):
        lazy_names("lazy_example", {"thing": "home"})("other")
