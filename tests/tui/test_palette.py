"""Finding an action by what a person types."""

from __future__ import annotations

from mlver_tui.tui.palette import entries_for, find


def found(text: str, screen: str = "runs") -> list[str]:
    return [entry.action for entry in find(text, entries_for(screen))]


def test_nothing_typed_offers_everything() -> None:
    assert len(found("")) == len(entries_for("runs"))


def test_the_start_of_a_title_wins() -> None:
    assert found("comp")[0] == "compare"


def test_words_of_the_help_are_searched() -> None:
    assert "release" in found("version model")


def test_letters_in_order_are_enough() -> None:
    assert "mark_all" in found("mkall")


def test_a_key_name_finds_its_action() -> None:
    assert found("ctrl+d")[0] == "half_down"


def test_all_words_must_fit() -> None:
    assert found("compare zzzz") == []


def test_a_screen_offers_only_what_it_can_do() -> None:
    assert "verify" not in found("")
    assert "verify" in found("", "registry")
