"""The files of one issue in one zip (一式): as they were stored, under their own names."""

from collections.abc import Iterable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from consortium.reports.archive import put


def bundle(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Make the zip of names and bytes, in the order given; the same files give the same bytes."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, content in files:
            put(archive, name, content)
    return target.getvalue()
