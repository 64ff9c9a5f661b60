"""What is wrong with DICOM bytes: what and where, never a value."""

from __future__ import annotations

from pixl.domain.errors import InstanceFailed


class Malformed(InstanceFailed):
    """These bytes are not DICOM that can be read to the end."""

    def __init__(self, what: str, *, offset: int, path: str = "") -> None:
        self.what = what
        self.offset = offset
        """Bytes from the start of the data set (of the inflated one, if it was deflated)."""
        self.path = path
        """The tags from the outermost sequence inwards, such as `(0008,1140)/(0008,1155)`."""
        where = f"{path} at offset {offset}" if path else f"offset {offset}"
        super().__init__(f"{what}: {where}")
