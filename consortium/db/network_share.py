"""Whether a file lies on a network share (ネットワーク共有): SQLite's WAL does not work there."""

import ctypes
import os
from pathlib import Path
from typing import Final

#: File systems of Linux that another computer serves.
_REMOTE: Final = {
    "afs", "ceph", "cifs", "davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.sshfs",
    "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip
_MOUNTS: Final = Path("/proc/self/mounts")
#: What Windows says of a drive that another computer serves.
_DRIVE_REMOTE: Final = 4


def is_on_share(path: Path, mounts: Path = _MOUNTS) -> bool:
    """Say whether a file, there already or not, is or would be on a network share."""
    if path.as_posix().startswith("//"):
        return True
    if os.name == "nt":
        anchor = path.absolute().anchor
        return bool(ctypes.windll.kernel32.GetDriveTypeW(anchor) == _DRIVE_REMOTE)  # type: ignore[attr-defined]  # Windows only
    return _kind_of(path.absolute(), mounts) in _REMOTE


def _kind_of(path: Path, mounts: Path) -> str:
    """Give the kind of file system of the innermost mount, "" where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    there = path.resolve()
    kind, depth = "", -1
    for line in lines:
        _, place, mounted, *_ = line.split(" ")
        folder = Path(place.replace("\\040", " "))
        if there.is_relative_to(folder) and len(folder.parts) >= depth:
            kind, depth = mounted, len(folder.parts)
    return kind
