"""The table of keys: every key means one thing on a screen, and everything made from it agrees."""

from __future__ import annotations

import pytest

from mlver_tui.tui import keys


@pytest.mark.parametrize("screen", keys.EVERYWHERE)
def test_a_key_means_one_thing_on_a_screen(screen: str) -> None:
    bound = [key for action in keys.actions_for(screen) for key in action.keys]
    assert len(bound) == len(set(bound))


def test_ids_are_unique() -> None:
    assert len(keys.BY_ID) == len(keys.ACTIONS)


def test_each_action_says_what_it_does() -> None:
    assert all(action.help.endswith(".") and action.label for action in keys.ACTIONS)


@pytest.mark.parametrize("screen", keys.EVERYWHERE)
def test_bindings_hold_every_key_and_all_digits(screen: str) -> None:
    bound = {key for binding in keys.bindings_for(screen) for key in getattr(binding, "key", "").split(",")}
    assert {key for action in keys.actions_for(screen) for key in action.keys} <= bound
    assert set("0123456789") <= bound


def test_the_key_line_starts_with_what_is_wanted_most() -> None:
    assert [key for key, _ in keys.bar_for("runs")][:4] == ["/", "space", "enter", "c"]


def test_the_readme_table_holds_every_key_that_is_shown() -> None:
    table = keys.markdown_table()
    assert all(f"`{action.shown.split()[0]}`" in table for action in keys.ACTIONS if action.shown)
    assert all(line.count("|") == 4 for line in table.splitlines())


def test_every_mode_has_a_digit_and_an_action() -> None:
    assert all(f"mode_{name}" in keys.BY_ID for _, name, _ in keys.MODES)
