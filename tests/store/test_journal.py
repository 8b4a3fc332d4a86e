"""The frame format: whole frames come back, damage costs itself only, a torn tail waits."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.store import journal

payload_lists = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=12)


def read(data: bytes, *, final: bool = False) -> list[bytes | None]:
    return [None if payload is None else bytes(payload) for _, _, payload in journal.payloads(data, final=final)]


@given(payload_lists)
def test_whole_frames_come_back_in_order(payloads: list[bytes]) -> None:
    assert read(b"".join(map(journal.frame, payloads))) == payloads


@given(payload_lists, st.data())
def test_a_torn_tail_waits_and_costs_nothing_before_it(payloads: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(map(journal.frame, payloads))
    torn = journal.frame(b"the last record")
    cut = data.draw(st.integers(0, len(torn) - 1))
    assert read(whole + torn[:cut]) == payloads
    assert read(whole + torn) == [*payloads, b"the last record"]


@given(payload_lists, st.data())
def test_a_changed_byte_costs_one_frame_at_most(payloads: list[bytes], data: st.DataObject) -> None:
    frames = [journal.frame(payload) for payload in payloads]
    whole = bytearray(b"".join(frames) + journal.frame(b"end"))
    position = data.draw(st.integers(0, len(whole) - len(journal.frame(b"end")) - 1))
    whole[position] ^= data.draw(st.integers(1, 255))
    found = read(bytes(whole), final=True)
    assert found[-1] == b"end"
    kept = [payload for payload in found[:-1] if payload is not None]
    assert len(kept) >= len(payloads) - 1
    assert None in found
    expected = iter(payloads)
    assert all(payload in expected for payload in kept), "order is kept"


def test_every_byte_of_a_stretch_is_accounted_for() -> None:
    data = journal.frame(b"one") + b"garbage" + journal.frame(b"two") + b"\x5a"
    spans = [(start, end) for start, end, _ in journal.payloads(data, final=True)]
    assert spans[0][0] == 0
    assert spans[-1][1] == len(data)
    assert all(a[1] == b[0] for a, b in pairwise(spans))


def test_a_torn_frame_followed_by_others_is_skipped() -> None:
    torn = journal.frame(b"x" * 100)[:50]  # a full disk cut it; then there was room again
    assert read(torn + journal.frame(b"next")) == [None, b"next"]


def test_large_events_are_packed_and_come_back() -> None:
    event = {"e": "snapshot", "text": "a" * 50_000}
    payload = journal.event_payload(event)
    assert len(payload) < 5_000
    assert journal.read_json(payload) == event


def test_a_record_that_is_no_json_is_no_crash() -> None:
    assert journal.read_json(bytes((journal.EVENT,)) + b"\xff{") is None
    assert journal.read_json(bytes((journal.PACKED,)) + b"not zlib") is None
    assert journal.read_json(bytes((journal.EVENT,)) + b"[1]") is None
