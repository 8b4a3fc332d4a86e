"""Which file system a home lies on, and whether SQLite's write-ahead log is safe there. Looks at mounts, not at files.

A write-ahead log needs memory that all processes share. Over a network that memory is not shared, and the database is
lost within minutes; a rollback journal under the flock of the home is slower, but sound.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NETWORK = frozenset(
    _words(
        "9p acfs afs auristorfs beegfs ceph cifs coda cvfs davfs exafs gfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 "
        "ocfs2 orangefs panfs prl_fs pvfs2 smb3 smbfs vboxsf virtiofs vmhgfs wekafs"
    )
)
_LOCAL_FUSE = frozenset(
    _words(
        "fuse.bindfs fuse.cryfs fuse.encfs fuse.exfat fuse.fuse-overlayfs fuse.gocryptfs fuse.lxcfs fuse.mergerfs "
        "fuse.ntfs fuse.ntfs-3g fuse.securefs fuse.snapfuse fuse.squashfuse fuse.unionfs fuse.unionfs-fuse "
        "fuse.zfs-fuse"
    )
)


@dataclass(frozen=True, slots=True)
class FileSystem:
    """What is mounted where a path lies; `kind` is "" if the system does not tell."""

    kind: str
    mount: str
    read_only: bool = False

    @property
    def network(self) -> bool:
        """True if other machines may write there too. An unknown FUSE program counts as one."""
        if self.kind.startswith("fuse."):
            return self.kind not in _LOCAL_FUSE
        return self.kind in _NETWORK


def file_system(path: Path) -> FileSystem:
    """The file system of a path, which need not exist yet."""
    try:
        text = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # not Linux, or no /proc
        return FileSystem("", "")
    return find_mount(text, os.path.realpath(path))


def find_mount(mounts: str, path: str) -> FileSystem:
    """The mount of an absolute path, from the text of `/proc/self/mountinfo`; of mounts on one folder, the last."""
    found = FileSystem("", "")
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields, kind = left.split(), right.split()
        if len(fields) < 6 or not kind:
            continue
        mount = _unescaped(fields[4])
        inside = path == mount or path.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(found.mount):
            found = FileSystem(kind[0], mount, "ro" in fields[5].split(","))
    return found


def _unescaped(text: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text
