"""Elements as rows: what an instance was, beside what it has become. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_VALUE = 500
"""Characters that are shown."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Row:
    """An element before and after. Identifiable."""

    path: str
    """Such as `(0040,A730)[1].(0040,A160)`."""
    name: str
    before: str | None
    """None where it is not there, or nobody asked for it."""
    after: str | None
    what: str
    """`same`, `changed`, `removed`, `added`, or nothing where there is no original to compare with."""


def rows(after: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[Row]:
    """Return every element of either, in the order of their paths."""
    news = {path: (name, value) for path, name, value in _flat(after)}
    olds = {path: (name, value) for path, name, value in _flat(before or {})}
    return [_row(path, olds.get(path), news.get(path), compared=before is not None) for path in sorted({*news, *olds})]


def _row(path: str, old: tuple[str, str] | None, new: tuple[str, str] | None, *, compared: bool) -> Row:
    names = [name for name, _ in filter(None, (old, new)) if name not in {"", "Unknown Tag & Data"}]
    what = ""
    if compared:
        what = "added" if old is None else "removed" if new is None else "same" if old == new else "changed"
    return Row(
        path=path,
        name=names[0] if names else "private or unknown",
        before=old[1] if old else None,
        after=new[1] if new else None,
        what=what,
    )


def _flat(elements: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str, str]]:
    for tag, element in elements.items():
        path = f"{place}({tag.upper()})"
        name, value = str(element.get("Name", "")), element.get("Value")
        if element.get("Type") == "Sequence" and isinstance(value, list):
            yield path, name, f"{len(value)} item{'' if len(value) == 1 else 's'}"
            for number, item in enumerate(value, start=1):
                yield from _flat(item, f"{path}[{number}].")
        else:
            yield path, name, _text(element.get("Type"), value)


def _text(kind: object, value: object) -> str:
    if kind == "TooLong":
        return "(long: not shown)"
    if kind in {"Binary", "Null"} or value is None:
        return "" if kind == "Null" else "(binary: not shown)"
    text = str(value).strip().strip("\0")
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} ..."
