"""The verdicts: equal is proven, unknown is never same, and a changed byte is found."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from mlver_tui.query.views import PackageVerdict
from mlver_tui.records import Environment, Origin, Package
from mlver_tui.restore import verify as room
from mlver_tui.restore.sources import LeftOut
from mlver_tui.restore.verify import Damage, check_files, compare, worst

Make = Callable[..., Package]
MakeEnvironment = Callable[..., Environment]


@pytest.fixture
def judge(environment: MakeEnvironment) -> Callable[[Package | None, Package | None], PackageVerdict]:
    def one(before: Package | None, after: Package | None) -> PackageVerdict:
        (verdict,) = compare(environment(*([before] if before else [])), environment(*([after] if after else [])))
        return verdict

    return one


Judge = Callable[[Package | None, Package | None], PackageVerdict]


def test_equal(judge: Judge, package: Make) -> None:
    assert judge(package(), package()).word == "exact"


def test_who_installed_it_does_not_count(judge: Judge, package: Make) -> None:
    assert judge(replace(package(), installer="pip", requested=True), package()).word == "exact"


@pytest.mark.parametrize(("before", "after"), [("1.0", "1.1"), ("2.1.0+cu118", "2.1.0"), ("1.0", "1.0.0")])
def test_another_version(judge: Judge, package: Make, before: str, after: str) -> None:
    verdict = judge(package(version=before), package(version=after))
    assert verdict.word == "degraded"
    assert f"{after} instead of {before}" in verdict.why


def test_removed_and_added(judge: Judge, package: Make) -> None:
    assert judge(package(), None).word == "missing"
    added = judge(None, package())
    assert (added.word, added.recorded, added.why) == ("degraded", None, "not in the record")


def test_other_files(judge: Judge, package: Make) -> None:
    verdict = judge(package(record="1" * 64), package(record="2" * 64))
    assert verdict.word == "degraded"
    assert "other files" in verdict.why


@pytest.mark.parametrize("missing", ["before", "after"])
def test_without_a_digest_it_is_unknown(judge: Judge, package: Make, missing: str) -> None:
    pair = [package(record="" if missing == side else None) for side in ("before", "after")]
    assert judge(*pair).word == "unknown"


C, D = "c" * 40, "d" * 40


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (("vcs", "https://h/x.git", C), ("vcs", "git+https://h/x", C), "exact"),
        (("vcs", "https://h/x.git", C), ("vcs", "https://h/x.git", D), "same files, other origin"),
        (("vcs", "https://h/x.git", C), ("index",), "same files, other origin"),
        (("archive", "https://h/x.whl", "", "a" * 64), ("archive", "https://mirror/x.whl", "", "a" * 64), "exact"),
        (("archive", "https://h/x.whl", "", "a" * 64), ("archive", "https://h/x.whl"), "exact"),
        (("archive", "https://h/x.whl"), ("archive", "https://evil/x.whl"), "same files, other origin"),
        (("directory", "file:///a"), ("directory", "file:///a"), "exact"),
        (("directory", "file:///a"), ("directory", "file:///b"), "same files, other origin"),
        (("editable", "file:///a"), ("editable", "file:///a"), "unknown"),
        (("unknown",), ("index",), "same files, other origin"),
    ],
)
def test_origins_by_meaning(
    judge: Judge, package: Make, before: tuple[str, ...], after: tuple[str, ...], word: str
) -> None:
    pair = [replace(package(), origin=Origin(*origin)) for origin in (before, after)]  # type: ignore[arg-type]
    assert judge(*pair).word == word


def test_the_reason_for_what_was_left_out(package: Make, environment: MakeEnvironment) -> None:
    left = LeftOut(package("ed"), "it was linked to /src, which is gone", "put it back")
    (verdict,) = compare(environment(package("ed")), environment(), [left])
    assert (verdict.word, verdict.why) == ("missing", "it was linked to /src, which is gone; put it back")


def test_damage_outweighs_a_matching_digest(package: Make, environment: MakeEnvironment) -> None:
    same = environment(package("my-pkg"))
    (verdict,) = compare(same, same, (), [Damage("my_pkg-1.17.0.dist-info", "my_pkg.py", "was changed")])
    assert verdict.word == "degraded"
    assert "my_pkg.py" in verdict.why


def test_the_worst_word() -> None:
    assert worst([]) == "exact"
    assert worst(["exact", "unknown", "same files, other origin"]) == "unknown"
    assert worst(["degraded", "missing", "unknown"]) == "missing"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site-packages"
    info = folder / "pkg-1.dist-info"
    info.mkdir(parents=True)
    lines = []
    for name, content in (("pkg.py", b"X = 1\n"), ("other.py", b"Y = 2\n")):
        (folder / name).write_bytes(content)
        digest = urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}")
    (info / "METADATA").write_text("Name: pkg\nVersion: 1\n")
    (info / "RECORD").write_text("\n".join([*lines, "pkg-1.dist-info/RECORD,,", "__pycache__/pkg.pyc,,"]) + "\n")
    return folder


def test_untouched_files(site: Path) -> None:
    check = check_files(site)
    assert (check.damages, check.files, check.hashed) == ((), 2, 2)


@pytest.mark.parametrize("few", [True, False])
def test_a_changed_file(site: Path, few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not few:
        monkeypatch.setattr(room, "_HASH_ALL_UP_TO", 0)
    (site / "pkg.py").write_bytes(b"X = 1  # and more\n")
    (damage,) = check_files(site).damages
    assert (damage.path, damage.folder) == ("pkg.py", "pkg-1.dist-info")


def test_a_changed_file_of_the_same_size_in_a_large_environment(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_HASH_ALL_UP_TO", 0)
    os.utime(site / "pkg-1.dist-info" / "METADATA", (1_000_000_000, 1_000_000_000))
    os.utime(site / "other.py", (1_000_000_000, 1_000_000_000))
    (site / "pkg.py").write_bytes(b"X = 7\n")
    check = check_files(site)
    assert [damage.path for damage in check.damages] == ["pkg.py"]
    assert check.hashed == 1


def test_a_hidden_change_is_found_on_request(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_HASH_ALL_UP_TO", 0)
    (site / "pkg.py").write_bytes(b"X = 7\n")
    os.utime(site / "pkg.py", (1, 1))
    check = check_files(site)
    assert (check.damages, check.hashed) == ((), 0)
    assert [damage.path for damage in check_files(site, full=True).damages] == ["pkg.py"]


def test_a_wrong_size_in_the_record_is_settled_by_the_hash(site: Path) -> None:
    record = site / "pkg-1.dist-info" / "RECORD"
    record.write_text(record.read_text().replace(",6\n", ",60\n"))
    assert check_files(site).damages == ()


def test_missing_files_and_folders_in_their_place(site: Path) -> None:
    (site / "pkg.py").unlink()
    (site / "other.py").unlink()
    (site / "other.py").mkdir()
    assert {damage.path: damage.why for damage in check_files(site).damages} == {
        "pkg.py": "is missing",
        "other.py": "is no file",
    }
