"""The one table of keys: bindings, the key line, help, palette and the README's table are all made from it.

It knows names and words only: what an action does is a method of a screen (`do_<id>`) or of the app. Its key line is
painted before Textual is loaded, so nothing heavy may be imported at the top.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.binding import BindingType

EVERYWHERE = ("runs", "run", "charts", "compare", "registry", "activity", "restore")
ON_A_RUN = ("runs", "run", "charts", "compare", "registry", "activity")
COUNTED = frozenset(
    ("down", "up", "top", "bottom", "half_down", "half_up", "page_down", "page_up", "left", "right", "next", "previous")
)
"""Actions that a typed number repeats (`25j`)."""


class Action:
    """One thing a person can do, under the name that a key map file would use."""

    __slots__ = ("group", "help", "id", "keys", "label", "rank", "screens", "shown")

    def __init__(
        self,
        id: str,  # noqa: A002
        keys: tuple[str, ...],
        shown: str,
        label: str,
        help: str,  # noqa: A002
        group: str,
        screens: tuple[str, ...] = EVERYWHERE,
        rank: int = 0,
    ) -> None:
        self.id = id
        self.keys = keys
        """Textual key names; empty for what only the palette offers."""
        self.shown = shown
        """The keys as a person writes them."""
        self.label = label
        """One or two words, for the key line."""
        self.help = help
        """One sentence, for help and palette."""
        self.group = group
        self.screens = screens
        self.rank = rank
        """Place in the key line, 1 first; 0 keeps it out of it."""


MODES: tuple[tuple[str, str, str], ...] = (
    ("1", "runs", "Runs"),
    ("2", "charts", "Charts"),
    ("3", "compare", "Compare"),
    ("4", "registry", "Registry"),
    ("6", "activity", "Activity"),
)
"""Digit, screen name, title."""

ACTIONS: tuple[Action, ...] = (
    Action("down", ("j", "down"), "j ↓", "down", "One line down; 25j goes 25 lines.", "Move"),
    Action("up", ("k", "up"), "k ↑", "up", "One line up.", "Move"),
    Action("top", ("g", "home"), "g home", "first", "First line; 12g goes to line 12.", "Move"),
    Action("bottom", ("G", "end"), "G end", "last", "Last line; 12G goes to line 12.", "Move"),
    Action("half_down", ("ctrl+d",), "ctrl+d", "half page", "Half a page down.", "Move"),
    Action("half_up", ("ctrl+u",), "ctrl+u", "half page", "Half a page up.", "Move"),
    Action("page_down", ("pagedown", "ctrl+f"), "pgdn", "page", "A page down.", "Move"),
    Action("page_up", ("pageup", "ctrl+b"), "pgup", "page", "A page up.", "Move"),
    Action("left", ("h", "left"), "h ←", "left", "Columns to the left; in a chart, the value cursor.", "Move"),
    Action("right", ("l", "right"), "l →", "right", "Columns to the right; in a chart, the value cursor.", "Move"),
    Action("next", ("n",), "n", "next", "Next mark, difference, page of charts, or model.", "Move"),
    Action("previous", ("N",), "N", "previous", "The one before.", "Move"),
    Action("next_pane", ("tab",), "tab", "pane", "Go to the next pane.", "Move", rank=80),
    Action("previous_pane", ("shift+tab",), "shift+tab", "pane", "Go to the pane before.", "Move"),
    Action(
        "filter", ("slash",), "/", "filter", "Filter: words, or key op value such as lr < 0.01.", "Runs", ("runs",), 1
    ),
    Action("mark", ("space",), "space", "mark", "Mark this run, and go one down.", "Runs", ("runs",), 2),
    Action("range", ("v",), "v", "range", "Mark a range: v, move, v.", "Runs", ("runs",)),
    Action("mark_all", ("asterisk",), "*", "mark all", "Mark all runs that the filter shows.", "Runs", ("runs",)),
    Action("unmark", ("U",), "U", "unmark", "Take all marks away.", "Runs", ("runs", "charts", "compare")),
    Action(
        "sort",
        ("s",),
        "s",
        "sort",
        "Sort by a param, a metric or any expression; - before it for falling.",
        "Runs",
        ("runs",),
        8,
    ),
    Action("sort_left", ("comma",), ",", "sort column", "Sort by the column to the left.", "Runs", ("runs",)),
    Action("sort_right", ("full_stop",), ".", "sort column", "Sort by the column to the right.", "Runs", ("runs",)),
    Action("flip", ("S",), "S", "flip sort", "Turn the order around.", "Runs", ("runs",)),
    Action("follow", ("L",), "L", "follow", "Keep the cursor on the newest run.", "Runs", ("runs",)),
    Action(
        "open",
        ("enter",),
        "enter",
        "open",
        "Open what the cursor is on.",
        "Runs",
        ("runs", "charts", "compare", "registry", "activity"),
        3,
    ),
    Action("compare", ("c",), "c", "compare", "Compare the marked runs.", "Runs", ("runs", "charts", "run"), 4),
    Action(
        "release",
        ("t",),
        "t",
        "tag release",
        "Release this run as a version of a model.",
        "Runs",
        ("runs", "run", "charts"),
        5,
    ),
    Action(
        "restore",
        ("r",),
        "r",
        "restore",
        "Bring this run's environment back in a new folder.",
        "Runs",
        ("runs", "run", "charts", "registry", "activity"),
        6,
    ),
    Action(
        "tags",
        ("T",),
        "T",
        "tags",
        "Add tags to this run, or take them away with - before them.",
        "Runs",
        ("runs", "run"),
    ),
    Action("note", ("e",), "e", "note", "Write a note on this run.", "Runs", ("runs", "run")),
    Action(
        "metric",
        ("m",),
        "m",
        "metric",
        "Choose the metric that the chart shows.",
        "Charts",
        ("runs", "run", "charts", "compare"),
        9,
    ),
    Action(
        "next_tab",
        ("right_square_bracket",),
        "]",
        "next tab",
        "Next metric, or next part of a comparison.",
        "Charts",
        ("runs", "run", "charts", "compare"),
    ),
    Action(
        "previous_tab",
        ("left_square_bracket",),
        "[",
        "tab before",
        "The metric or part before.",
        "Charts",
        ("runs", "run", "charts", "compare"),
        0,
    ),
    Action(
        "log_scale",
        ("o",),
        "o",
        "log y",
        "Logarithmic y axis, on or off.",
        "Charts",
        ("runs", "run", "charts", "compare"),
        11,
    ),
    Action(
        "smooth",
        ("w",),
        "w",
        "smooth",
        "Smooth more; from the strongest back to none.",
        "Charts",
        ("runs", "run", "charts", "compare"),
        12,
    ),
    Action(
        "band",
        ("B",),
        "B",
        "band",
        "Show or hide the band from least to greatest value.",
        "Charts",
        ("runs", "run", "charts", "compare"),
    ),
    Action(
        "zoom_in",
        ("plus", "equals_sign"),
        "+",
        "zoom in",
        "Show half of the steps, around the value cursor.",
        "Charts",
        ("charts",),
        13,
    ),
    Action("zoom_out", ("minus",), "-", "zoom out", "Show twice the steps.", "Charts", ("charts",), 14),
    Action("zoom_all", ("0",), "0", "all steps", "Show all steps again.", "Charts", ("charts",)),
    Action(
        "same",
        ("equals_sign",),
        "=",
        "same rows",
        "Show rows that are the same, or hide them.",
        "Compare",
        ("compare",),
        4,
    ),
    Action("base", ("b",), "b", "base", "Make the next run the one to compare with.", "Compare", ("compare",), 5),
    Action(
        "verify", ("V",), "V", "verify", "Check that this version is what was recorded.", "Registry", ("registry",), 4
    ),
    Action("go", ("enter",), "enter", "go", "Do what the plan says.", "Restore", ("restore",), 1),
    Action("zoom", ("z",), "z", "zoom", "Give this pane all the room, or give it back.", "View", rank=81),
    Action("copy", ("y",), "y", "copy", "Copy the id, the name or the command of this run.", "View", ON_A_RUN, 20),
    Action("back", ("escape",), "esc", "back", "Back; first clears range, message, filter.", "View", rank=70),
    *(Action(f"mode_{name}", (), digit, title, f"Go to {title}.", "View", EVERYWHERE) for digit, name, title in MODES),
    Action("palette", ("colon", "ctrl+p"), ": ctrl+p", "palette", "Find anything by name and do it.", "View", rank=90),
    Action("help", ("question_mark",), "?", "help", "All keys of this screen; enter does one.", "View", rank=99),
    Action("theme", (), "", "theme", "Next theme: dark, light, the terminal's own colours.", "View"),
    Action("redraw", ("ctrl+l",), "ctrl+l", "redraw", "Draw the whole screen again.", "View"),
    Action("quit", ("q",), "q", "quit", "Leave.", "View", rank=95),
)

BY_ID = {action.id: action for action in ACTIONS}
MODE_OF_DIGIT = {digit: name for digit, name, _ in MODES}


def actions_for(screen: str) -> list[Action]:
    """What can be asked for on a screen, in table order."""
    return [action for action in ACTIONS if screen in action.screens]


def bindings_for(screen: str) -> list[BindingType]:
    """Textual bindings of a screen; digits are bound too, for counts and modes."""
    from textual.binding import Binding

    bound = [
        Binding(",".join(action.keys), f"do('{action.id}')", action.label, show=False, id=f"{screen}.{action.id}")
        for action in actions_for(screen)
        if action.keys
    ]
    taken = {key for action in actions_for(screen) for key in action.keys}
    digits = (Binding(digit, f"digit('{digit}')", "", show=False) for digit in "0123456789" if digit not in taken)
    return [*bound, *digits]


def bar_for(screen: str) -> list[tuple[str, str]]:
    """The key line of a screen: (key, label), the most wanted first."""
    ranked = sorted((action for action in actions_for(screen) if action.rank), key=lambda action: action.rank)
    return [(action.shown.split()[0], action.label) for action in ranked if action.id != "help"]


def markdown_table(actions: Iterable[Action] = ACTIONS) -> str:
    """The README's table of keys."""
    lines = ["| key | does | where |", "|---|---|---|"]
    for action in actions:
        if action.shown:
            keys = " ".join(f"`{key}`" for key in action.shown.replace("|", "\\|").split())
            lines.append(f"| {keys} | {action.help} | {_where(action)} |")
    return "\n".join(lines)


def _where(action: Action) -> str:
    return "everywhere" if set(action.screens) >= set(EVERYWHERE) else ", ".join(action.screens)


if __name__ == "__main__":
    print(markdown_table())
