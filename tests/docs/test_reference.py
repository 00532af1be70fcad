"""The generated parts of the pages say what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "reference.py"))


def test_pages_are_up_to_date(reference: dict[str, Any]) -> None:
    stale = [str(path.relative_to(ROOT)) for path in reference["outdated"]()]
    assert not stale, "run `python scripts/reference.py` and commit what it writes"


def test_every_generator_is_used(reference: dict[str, Any]) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert {name for name in reference["GENERATORS"] if f"<!-- generated: {name}" not in text} == set()


def test_a_marked_part_is_written_anew_and_the_rest_is_kept(reference: dict[str, Any]) -> None:
    page = "# Title\n\n<!-- generated: functionals -->\nstale\n<!-- end -->\n\nThe end.\n"
    filled = reference["fill"](page)
    assert "stale" not in filled
    assert "`kurtosis`" in filled
    assert filled.startswith("# Title\n")
    assert filled.endswith("<!-- end -->\n\nThe end.\n")
    assert reference["fill"](filled) == filled


def test_an_unknown_marker_is_no_page(reference: dict[str, Any]) -> None:
    with pytest.raises(KeyError, match="functionalz"):
        reference["fill"]("<!-- generated: functionalz -->\n<!-- end -->")


class Parent(BaseModel):
    """A parent.

    Attributes
    ----------
    one, two : int, str
        Of different kinds.
    """

    one: int = 1
    two: str


class Child(Parent):
    """A child.

    Attributes
    ----------
    three : float, optional
        Of the child,
        on two lines.

    Examples
    --------
    >>> 1 + 1
    2
    """

    three: float | None = Field(default=None, gt=0)


def test_attributes_are_read_from_the_docstrings_of_a_class_and_its_parents(
    reference: dict[str, Any],
) -> None:
    found = {name: (kind, text.split()) for name, (kind, text) in reference["described"](Child).items()}
    assert found == {
        "one": ("int", ["Of", "different", "kinds."]),
        "two": ("str", ["Of", "different", "kinds."]),
        "three": ("float", ["Of", "the", "child,", "on", "two", "lines."]),
    }


def test_a_cell_does_not_break_its_table(reference: dict[str, Any]) -> None:
    assert (
        reference["table"]("a | b", [("x|y", "one\n  two")])
        == "| a | b |\n| --- | --- |\n| x\\|y | one two |"
    )
