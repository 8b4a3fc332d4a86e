"""Text of any script into cells: which letters are wide, which stand on the one before, which are not drawn at all.

As wide as Rich counts, for Rich has laid them out; it is loaded when the first such letter comes.
"""

from __future__ import annotations

from .grid import SURE, CellGrid

_JOINER, _AS_PICTURE = "\u200d", "\ufe0f"


def put_text(grid: CellGrid, y: int, x: int, text: str, pen: int) -> int:
    """Paint `text` from a cell on; gives the column after it."""
    if text.isascii() or SURE.issuperset(text):
        return grid.put(y, x, grid.writable(text), pen)
    return _put_letters(grid, y, x, text, pen)


def _put_letters(grid: CellGrid, y: int, x: int, text: str, pen: int) -> int:
    joined, base = False, ""
    for letter in text:
        if letter == _JOINER:
            joined = True  # what follows a joiner is drawn as part of the letter before: it takes no cells
        elif joined:
            joined = False
        elif letter == _AS_PICTURE:
            if base and _grows(base):
                x = grid.put(y, x, " ", pen)
            base = ""
        else:
            x = _put_letter(grid, y, x, letter, pen)
            base = letter
    return x


def _put_letter(grid: CellGrid, y: int, x: int, letter: str, pen: int) -> int:
    import unicodedata

    from rich.cells import get_character_cell_size

    width = get_character_cell_size(letter)
    if not width:
        if unicodedata.category(letter) in ("Mn", "Me"):
            grid.add_mark(y, x, grid.writable(letter))
        return x
    told = grid.writable("\ufffd" if "\ud800" <= letter <= "\udfff" else letter)
    if width > 1 and told == "?":  # it cannot be written: two cells of something narrow
        return grid.put(y, x, "? ", pen)
    return grid.put_cluster(y, x, told, width, pen)


def _grows(letter: str) -> bool:
    """True for a narrow letter that Rich counts as wide when it is asked for as a picture."""
    from rich.cells import cell_len

    return cell_len(letter) == 1 and cell_len(letter + _AS_PICTURE) == 2
