"""What is wrong with the machine, in words (環境の障害): disk, folder, database.

Such a fault is nobody's mistake in the data: what met it waits and is tried again without limit.
"""

import errno

from consortium.db.errors import BusyError

#: What an operating system says, and what an officer can do about it.
_SAID = {
    errno.ENOSPC: "保存先のディスクの空き容量が足りません。",
    errno.EDQUOT: "保存先のディスクの割当て（クォータ）を使い切っています。",
    errno.EFBIG: "ファイルの大きさが、このコンピューターの上限を超えました。",
    errno.EROFS: "保存先のディスクが読み取り専用になっています。",
    errno.EACCES: "保存先のフォルダーに書き込む権限がありません。",
    errno.EPERM: "保存先のフォルダーに書き込む権限がありません。",
    errno.EIO: "保存先のディスクの読み書きに失敗しました。",
    errno.ENOENT: "保存先のファイルが、書いている間になくなりました。",
}

#: What the environment may raise.
Fault = OSError | BusyError

#: A virus scanner or a backup holds the file, too many are open: a moment later it can be read.
_PASSING = frozenset(
    {errno.EACCES, errno.EPERM, errno.EBUSY, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR}
)


def is_passing(error: Exception) -> bool:
    """Say whether it tells of the machine just now, and nothing of what is stored (一時の障害)."""
    if isinstance(error, OSError):
        return error.errno in _PASSING
    return isinstance(error, BusyError)


def in_words(fault: Fault) -> str:
    """Say in a Japanese sentence what is wrong with the machine (障害の説明)."""
    if isinstance(fault, BusyError):
        return str(fault)
    if fault.errno in _SAID:
        return f"ファイルを書き込めません。{_SAID[fault.errno]}"
    return f"ファイルを書き込めません（番号 {fault.errno}）。"
