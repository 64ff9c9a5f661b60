"""ICC profiles: the colours stay, the texts go."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.dicom.icc import without_texts

NAME = b"Ashworthy"
XYZ = b"XYZ \0\0\0\0" + struct.pack(">3i", 1, 2, 3)
CURVE = b"curv\0\0\0\0" + struct.pack(">I3H", 3, 0, 128, 65535)
PARAMETERS = b"para\0\0\0\0" + struct.pack(">HH5i", 3, 0, 1, 2, 3, 4, 5)
TABLE = b"mft1\0\0\0\0" + bytes((1, 1, 2, 0)) + bytes(36) + bytes(range(256)) + b"\1\2" + bytes(range(256))


def steps():
    """Return a colour table in steps: curves, a grid and a matrix, with something between them."""
    curves = CURVE + b"\0\0"  # each begins at a multiple of four
    offsets = struct.pack(">5I", 32, 32 + 3 * 20, 0, 32 + 3 * 20 + 60, 0)
    matrix = struct.pack(">12i", *range(12)) + NAME + b"\0\0\0"
    grid = bytes((2, 2, 2)) + bytes(13) + b"\1\0\0\0" + bytes(range(24))
    return b"mAB \0\0\0\0" + bytes((3, 3, 0, 0)) + offsets + curves * 3 + matrix + grid


def profile(tags, version=2):
    header = bytearray(128)
    header[4:8], header[8], header[12:24] = b"lcms", version, b"mntrRGB XYZ "
    header[24:36], header[36:40], header[48:56], header[80:84] = b"20200131" + b"\0" * 4, b"acsp", b"ASHWASHW", b"ASHW"
    table, values, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for signature, value in tags:
        table += struct.pack(">4s2I", signature, start + len(values), len(value))
        values += value + bytes(-len(value) % 4)
    return bytes(header) + table + values


def tags_of(data):
    (count,) = struct.unpack_from(">I", data, 128)
    for place in range(count):
        signature, offset, size = struct.unpack_from(">4s2I", data, 132 + 12 * place)
        yield signature, data[offset : offset + size]


COLOURS = [(b"wtpt", XYZ), (b"rTRC", CURVE), (b"gTRC", CURVE), (b"bTRC", PARAMETERS), (b"A2B0", TABLE)]
TEXTS = [
    (b"desc", b"desc\0\0\0\0\0\0\0\x0a" + NAME + b"\0"),
    (b"cprt", b"text\0\0\0\0" + NAME),
    (b"ashw", b"text" + NAME),
]


@pytest.mark.parametrize("version", [2, 4])
def test_numbers_stay_and_texts_names_and_dates_go(version):
    clean = without_texts(profile([*TEXTS, *COLOURS], version))
    assert NAME not in clean
    assert b"ASHW" not in clean
    assert b"2020" not in clean
    kept = dict(tags_of(clean))
    assert {signature: kept[signature] for signature, _ in COLOURS} == dict(COLOURS)
    assert set(kept) == {signature for signature, _ in COLOURS} | {b"desc", b"cprt"}
    assert clean[8] == version
    assert struct.unpack(">I", clean[:4]) == (len(clean),)


def test_what_is_behind_or_between_numbers_goes():
    clean = without_texts(
        profile([(b"wtpt", XYZ + NAME), (b"rTRC", CURVE + NAME), (b"A2B0", TABLE + NAME), (b"A2B1", steps())])
    )
    assert NAME not in clean
    assert dict(tags_of(clean))[b"A2B1"] == steps().replace(NAME, bytes(len(NAME)))


def test_a_name_in_the_place_of_a_number_is_not_kept():
    assert NAME not in (without_texts(profile([(b"wtpt", XYZ), (b"rTRC", b"text\0\0\0\0" + NAME)])) or b"")


def test_equal_curves_are_written_once():
    curve = b"curv\0\0\0\0" + struct.pack(">I", 500) + bytes(1000)
    assert len(without_texts(profile([(b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve)]))) < 2000


@pytest.mark.parametrize("broken", [b"", b"acsp", bytes(200), profile([]), profile(TEXTS)])
def test_what_is_no_profile_goes(broken):
    assert without_texts(broken) is None


@given(st.integers(128, 900), st.binary(min_size=1, max_size=8))
def test_a_broken_profile_gives_nothing_or_a_profile_of_its_own_size(place, junk):
    data = bytearray(profile([*TEXTS, *COLOURS, (b"A2B1", steps())]))
    data[place : place + len(junk)] = junk
    clean = without_texts(bytes(data))
    assert clean is None or (clean[36:40] == b"acsp" and len(clean) < 3000)
