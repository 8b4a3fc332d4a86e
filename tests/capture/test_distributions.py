"""What is read from the folders of installers."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlver_tui.capture.distributions import normalised, scan_folders
from mlver_tui.records import Package

Install = Callable[..., Path]


def only(folder: Path) -> Package:
    packages, problems = scan_folders([str(folder)])
    assert problems == ()
    assert len(packages) == 1
    return packages[0]


def test_a_wheel_from_an_index(site: Path, install: Install) -> None:
    install(site, "Some_Package.x", "1.0+cu118", tags=("cp311-cp311-linux_x86_64", "cp311-abi3-linux_x86_64"))
    package = only(site)
    assert (package.name, package.version) == ("some-package-x", "1.0+cu118")
    assert package.origin.kind == "index"
    assert package.tags == ("cp311-cp311-linux_x86_64", "cp311-abi3-linux_x86_64")
    assert package.installer == "pip"
    assert package.requested
    assert len(package.record_sha256) == 64


@pytest.mark.parametrize(
    ("direct", "kind", "url"),
    [
        ({"url": "file:///src/proj", "dir_info": {"editable": True}}, "editable", "file:///src/proj"),
        ({"url": "file:///src/proj", "dir_info": {}}, "directory", "file:///src/proj"),
        (
            {"url": "https://me:pw@git.example/x.git", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}},
            "vcs",
            "https://git.example/x.git",
        ),
        (
            {"url": "https://h.example/x.whl", "archive_info": {"hash": "sha256=" + "b" * 64}},
            "archive",
            "https://h.example/x.whl",
        ),
    ],
)
def test_direct_origins(site: Path, install: Install, direct: object, kind: str, url: str) -> None:
    install(site, "x", "1.0", direct=direct)
    assert (only(site).origin.kind, only(site).origin.url) == (kind, url)


def test_the_exact_commit_and_hash_are_kept(site: Path, install: Install) -> None:
    install(site, "v", "1", direct={"url": "https://h/v", "vcs_info": {"vcs": "git", "commit_id": "c" * 40}})
    install(site, "a", "1", direct={"url": "https://h/a.whl", "archive_info": {"hashes": {"sha256": "d" * 64}}})
    packages, _ = scan_folders([str(site)])
    assert [p.origin.sha256 or p.origin.commit for p in packages] == ["d" * 64, "c" * 40]


def test_a_broken_direct_url_is_unknown_and_said(site: Path, install: Install) -> None:
    install(site, "x", "1.0", direct="{not json")
    packages, problems = scan_folders([str(site)])
    assert packages[0].origin.kind == "unknown"
    assert "direct_url.json" in problems[0]


def test_an_editable_without_direct_url(site: Path, install: Install) -> None:
    install(site, "my_proj", "1.0")
    (site / "__editable__.my_proj-1.0.pth").write_text("/src/my_proj\n")
    assert only(site).origin.kind == "editable"


def test_an_egg_link(tmp_path: Path, site: Path) -> None:
    source = tmp_path / "src"
    (source / "old_proj.egg-info").mkdir(parents=True)
    (source / "old_proj.egg-info" / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: old-proj\nVersion: 2\n")
    (site / "old-proj.egg-link").write_text(f"{source}\n.")
    package = only(site)
    assert (package.name, package.version) == ("old-proj", "2")
    assert (package.origin.kind, package.origin.url) == ("editable", f"file://{source}")


def test_the_egg_info_of_a_source_tree_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "proj.egg-info").mkdir()
    (tmp_path / "proj.egg-info" / "PKG-INFO").write_text("Name: proj\nVersion: 2\n")
    assert scan_folders([str(tmp_path)]) == ((), ())


def test_half_removed_and_left_over_packages_are_problems(site: Path, install: Install) -> None:
    (site / "gone-1.0.dist-info").mkdir()
    install(site, "~ix", "1.0")
    install(site, "nameless", "1.0")
    (site / "nameless-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\n\n")
    packages, problems = scan_folders([str(site)])
    assert packages == ()
    assert len(problems) == 3
    assert any("half removed: gone" in problem for problem in problems)
    assert any("interrupted removal: ~ix" in problem for problem in problems)


def test_the_first_folder_wins(tmp_path: Path, install: Install) -> None:
    install(tmp_path / "a", "x", "2.0")
    install(tmp_path / "b", "x", "1.0")
    packages, problems = scan_folders([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "absent")])
    assert [package.version for package in packages] == ["2.0"]
    assert problems == ()


def test_two_records_of_one_package_in_a_folder_are_a_problem(site: Path, install: Install) -> None:
    install(site, "x", "1.0")
    install(site, "X", "2.0")
    packages, problems = scan_folders([str(site)])
    assert len(packages) == 1
    assert "recorded twice" in problems[0]


def test_a_name_that_is_far_down_in_the_metadata(site: Path, install: Install) -> None:
    info = install(site, "x", "1.0")
    filler = "".join(f"Classifier: {'y' * 80}\n" for _ in range(200))
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\n{filler}Name: x\nVersion: 1.0\n\n")
    assert only(site).version == "1.0"


def test_no_list_of_files_no_digest(site: Path, install: Install) -> None:
    (install(site, "x", "1.0") / "RECORD").unlink()
    assert only(site).record_sha256 == ""


def test_unreadable_things_never_raise(site: Path, install: Install) -> None:
    info = install(site, "x", "1.0")
    (info / "METADATA").unlink()
    (info / "METADATA").mkdir()
    (site / "y-1.dist-info").write_text("a file")
    shutil.copytree(install(site, "z", "1.0"), site / "zz-1.dist-info")
    packages, problems = scan_folders([str(site)])
    assert [package.name for package in packages] == ["z"]
    assert len(problems) == 3


def test_it_agrees_with_importlib_metadata() -> None:
    packages, _ = scan_folders([folder for folder in sys.path if folder])
    found = {package.name: package.version for package in packages}
    slow: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        slow.setdefault(normalised(distribution.metadata["Name"]), distribution.version)
    assert found == {name: version for name, version in slow.items() if name in found}
    assert {"pytest", "hypothesis"} <= found.keys()
