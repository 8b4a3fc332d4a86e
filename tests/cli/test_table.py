"""Columns line up, and nothing is wider than asked, whatever the texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.cli.table import Cell, Column, cells_wide, cut, lay_out
from mlver_tui.sanitize import clean

texts = st.text().map(clean)


@given(texts, st.integers(0, 40))
def test_cut_fits(text: str, width: int) -> None:
    assert cells_wide(cut(text, width)) <= width


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=8))
def test_every_column_starts_at_the_same_place(rows: list[tuple[str, str, str]]) -> None:
    columns = [Column("a", gives_way=1), Column("b", right=True), Column("c")]
    lines = lay_out(columns, [[Cell(text) for text in row] for row in rows], None)
    starts = {(cells_wide(line[0].text + line[1].text), cells_wide(line[2].text)) for line in lines}
    assert len(starts) == 1


def test_nothing_is_cut_without_a_width() -> None:
    long = "x" * 500
    line = lay_out([Column("a", gives_way=1)], [[Cell(long)]], None)[1]
    assert line[0].text == long


def test_elastic_columns_give_way() -> None:
    columns = [Column("name", gives_way=1), Column("value", right=True)]
    lines = lay_out(columns, [[Cell("n" * 100), Cell("0.123456")]], 40)
    assert "".join(cell.text for cell in lines[1]).endswith("0.123456")
    assert sum(cells_wide(cell.text) for cell in lines[1]) == 40


def test_wide_and_combining_characters() -> None:
    assert cells_wide("漢字") == 4
    assert cells_wide("e\u0301") == 1
    assert cut("漢字漢字", 5) == "漢字…"
