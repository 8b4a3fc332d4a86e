"""Mounts are read as the kernel writes them; what other machines can write to counts as a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlver_tui.store import filesystem
from mlver_tui.store.filesystem import FileSystem, file_system, find_mount

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 22 0:40 / /home rw,relatime shared:5 - nfs4 server:/export/home rw,vers=4.2
32 31 0:41 / /home/ada/far\040away ro,nosuid - fuse.sshfs box:/ rw
33 22 0:42 / /mnt/c rw - 9p drvfs rw
34 22 0:43 / /mnt/usb rw - fuse.ntfs-3g /dev/sdb1 rw
35 22 0:44 / /scratch rw - tmpfs tmpfs rw
36 35 0:45 / /scratch rw - lustre mds@tcp:/scratch rw
nonsense
"""


@pytest.mark.parametrize(
    ("path", "found", "network"),
    [
        ("/", FileSystem("ext4", "/"), False),
        ("/homes/x", FileSystem("ext4", "/"), False),
        ("/home", FileSystem("nfs4", "/home"), True),
        ("/home/ada/.local/share/mlver", FileSystem("nfs4", "/home"), True),
        ("/home/ada/far away/x", FileSystem("fuse.sshfs", "/home/ada/far away", read_only=True), True),
        ("/mnt/c/work", FileSystem("9p", "/mnt/c"), True),
        ("/mnt/usb/x", FileSystem("fuse.ntfs-3g", "/mnt/usb"), False),
        ("/scratch/x", FileSystem("lustre", "/scratch"), True),
    ],
)
def test_the_mount_of_a_path(path: str, found: FileSystem, network: bool) -> None:
    assert find_mount(MOUNTS, path) == found
    assert found.network is network


@pytest.mark.parametrize("kind", ["nfs", "cifs", "smb3", "fuse.sshfs", "fuse.rclone", "virtiofs", "afs", "gpfs"])
def test_networks(kind: str) -> None:
    assert FileSystem(kind, "/").network


def test_a_system_that_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystem, "_MOUNTS", tmp_path / "nothing")
    assert file_system(tmp_path) == FileSystem("", "")
    assert not file_system(tmp_path).network
