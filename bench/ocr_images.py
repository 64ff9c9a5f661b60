"""Invented lines burned into real pictures, and pictures with none: what `bench.ocr` is measured on."""

from __future__ import annotations

import functools
import io
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless, generate_uid

from pixl.testing.dicom_files import template

BACKGROUNDS = {
    # Files, and the part of each (left, top, right, bottom; of 1) in which the device wrote nothing.
    "ct-head": ("693_UNCI.dcm", (0, 0, 1, 1)),
    "ct-skull": ("J2K_pixelrep_mismatch.dcm", (0, 0, 1, 1)),
    "ct-spine": ("bad_sequence.dcm", (0, 0, 1, 1)),
    "ct-abdomen": ("explicit_VR-UN.dcm", (0, 0, 1, 1)),
    "ct-small": ("CT_small.dcm", (0, 0, 1, 1)),
    "ct-perfusion": ("eCT_Supplemental.dcm", (0, 0, 1, 1)),
    "mr-shoulder": ("MR2_UNCI.dcm", (0, 0, 1, 1)),
    "mr-abdomen": ("MR-SIEMENS-DICOM-WithOverlays.dcm", (0, 0, 1, 1)),
    "mr-small": ("MR_small.dcm", (0, 0, 1, 1)),
    "mr-enhanced": ("emri_small.dcm", (0, 0, 1, 1)),
    "cr-chest": ("RG1_UNCI.dcm", (0, 0, 1, 1)),
    "cr-leg": ("RG3_UNCI.dcm", (0, 0, 1, 0.75)),
    "nm-body": ("JPEG-LL.dcm", (0, 0, 1, 1)),
    "us-node": ("US1_UNCI.dcm", (0.04, 0.25, 0.96, 0.7)),
    "us-heart": ("JPGLosslessP14SV1_1s_1f_8b.dcm", (0.2, 0.22, 0.75, 0.8)),
    "us-kidney": ("gdcm-US-ALOKA-16.dcm", (0.08, 0.2, 0.95, 0.8)),
    "us-clip": ("color3d_jpeg_baseline.dcm", (0.15, 0.08, 0.85, 0.9)),
}
STYLES = ("white", "outlined", "boxed", "low-contrast", "bitmap", "black")
SIZES = (8, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 28, 32)
LOW = (0.08, 0.15)
"""Of the whole range: how much a line of low contrast differs from what is behind it."""
FAINT = (0.03, 0.10)
"""The same where samples have 12 bits or more: no window of 256 greys over the whole range shows it well."""
FORMS = ("8", "8", "rgb", "inverted", "16", "16", "16-low", "12", "jpeg", "rle", "j2k")
DEEP = frozenset({"16", "12", "rle"})
CLEAR = 0.25
"""And any other line, at least."""
SYSTEM_FONTS = ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSans-Bold.ttf")
SURNAMES = (
    "Ashbury Quarrstone Featheringay Okonkwo Thistlewood Larkmoor Wetherall Pumphrey Adeyemi Kowalska Nguyen Patel"
)
GIVEN = "Josephine Marmaduke Wilhelmina Theodore Zachary Beatrix Ngozi Agnieszka Priya Hamish Oliver Eleanor"
PLACES = "Larkmoor General Hospital,St Ethelfrith Infirmary,Gorsewick Clinic,Hollowmere Royal Trust"


@dataclass(frozen=True, kw_only=True)
class Written:
    """A line that was burned in."""

    text: str
    size: int
    """Of the font, in pixels."""
    style: str
    frame: int
    box: tuple[int, int, int, int]
    """Left, top, width, height of its ink."""

    @property
    def is_easy(self) -> bool:
        """Whether it has 10 pixels or more and is not of low contrast."""
        return self.size >= 10 and self.style != "low-contrast"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A file, and what is written in it."""

    kind: str
    """`text`, `clip`, `turned`, `clean`, `marker`, `ruler` or `scale`."""
    background: str
    name: str
    data: bytes = field(repr=False)
    lines: tuple[Written, ...]
    shape: tuple[int, ...]


def samples(seed: int, *, texts: int, clips: int, negatives: int) -> Iterator[Sample]:
    """Yield `texts` pictures with lines, `clips` clips with lines in one frame, and `negatives` of each other kind."""
    rng = random.Random(seed)
    kinds = ["text"] * texts + ["turned"] * (texts // 8) + ["clip"] * clips
    kinds += [kind for kind in ("clean", "clean", "clean", "marker", "ruler", "scale") for _ in range(negatives)]
    names = list(BACKGROUNDS)
    for number, kind in enumerate(kinds):
        yield _sample(random.Random(rng.random()), kind, names[number % len(names)], number)


def _sample(rng: random.Random, kind: str, name: str, number: int) -> Sample:
    picture = _background(rng, name)
    form = rng.choice(("8", "16", "jpeg", "rle") if kind == "clip" else FORMS)
    contrast = FAINT if form in DEEP else LOW
    if kind == "clip":
        frames = _moving(rng, picture, rng.choice((12, 30, 48)))
        frame = rng.randrange(len(frames))
        lines = _write(rng, frames[frame], frame, count=2, low=contrast)
        return Sample(
            kind=kind,
            background=name,
            name=f"{kind} {number} {name}",
            lines=lines,
            shape=frames.shape,
            data=_file(rng, frames, form),
        )
    lines = ()
    if kind in ("text", "turned"):
        lines = _write(rng, picture, 0, count=rng.choice((1, 2, 3, 4)), turned=kind == "turned", low=contrast)
    elif kind == "marker":
        _marker(rng, picture)
    elif kind == "ruler":
        _ruler(rng, picture)
    elif kind == "scale":
        _scale(rng, picture)
    return Sample(
        kind=kind,
        background=name,
        name=f"{kind} {number} {name}",
        lines=lines,
        shape=picture.shape,
        data=_file(rng, picture[None], form),
    )


@functools.cache
def _pixels(name: str) -> np.ndarray:
    file, (left, top, right, below) = BACKGROUNDS[name]
    dataset = template(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixels = dataset.pixel_array
    if dataset.get("NumberOfFrames", 1) > 1:
        pixels = pixels[len(pixels) // 2]
    if pixels.ndim == 3:
        pixels = pixels.mean(-1)
    rows, columns = pixels.shape
    pixels = pixels[int(top * rows) : int(below * rows), int(left * columns) : int(right * columns)].astype(np.float32)
    low, high = np.percentile(pixels, (0.1, 99.9))
    return np.clip((pixels - low) / (high - low), 0, 1)


def _background(rng: random.Random, name: str) -> np.ndarray:
    """Return a real picture, its values from 0 to 1: a part of it, mirrored, brighter or darker."""
    pixels = _pixels(name)
    rows, columns = pixels.shape
    side = rng.choice((512, 512, 512, 512, 256, 384, 640, 768, 1024))
    part = rng.uniform(0.6, 1)
    top, left = (int(rng.uniform(0, 1 - part) * length) for length in (rows, columns))
    cut = pixels[top : top + int(part * rows), left : left + int(part * columns)]
    height, width = side, side
    if abs(rows - columns) > 0.3 * columns:
        width = int(side * min(max(columns / rows, 0.5), 2))
    enlarged = width > cut.shape[1]
    scaled = cv2.resize(cut, (width, height), interpolation=cv2.INTER_CUBIC if enlarged else cv2.INTER_AREA)
    if rng.random() < 0.5:
        scaled = scaled[:, ::-1]
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.choice((0.002, 0.01)), scaled.shape)
    return np.clip(np.clip(scaled, 0, 1) ** rng.uniform(0.7, 1.5) + noise * (scaled > 0.02), 0, 1).astype(np.float32)


def _moving(rng: random.Random, picture: np.ndarray, count: int) -> np.ndarray:
    """Return a clip: the picture breathes, shifts and flickers."""
    rows, columns = picture.shape
    noise = np.random.default_rng(rng.getrandbits(32))
    frames = np.empty((count, rows, columns), np.float32)
    for number in range(count):
        phase = 2 * np.pi * number / 20
        matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), 1.5 * np.sin(phase), 1 + 0.03 * np.cos(phase))
        matrix[:, 2] += 4 * np.sin(phase), 3 * np.cos(phase)
        moved = cv2.warpAffine(picture, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
        frames[number] = np.clip(moved * (1 + noise.normal(0, 0.02, picture.shape)), 0, 1)
    return frames


def _words(rng: random.Random) -> str:
    surname, given, place = rng.choice(SURNAMES.split()), rng.choice(GIVEN.split()), rng.choice(PLACES.split(","))
    day = f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/{rng.randint(1930, 2024)}"
    number = rng.randint(10**6, 10**8)
    return rng.choice(
        (
            f"{surname.upper()}^{given.upper()}",
            f"{surname.upper()}, {given}",
            f"{given} {surname}",
            f"MRN {number}",
            f"RX{number}",
            f"DOB: {day}",
            f"{day} 10:{rng.randint(10, 59)}:{rng.randint(10, 59)}",
            place,
            f"Acc {number}",
            f"{number}",
            f"Dr {surname}",
            f"{surname.upper()} {day}",
        )
    )


def _font(rng: random.Random, size: int, style: str) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    if style == "bitmap":
        return ImageFont.load_default_imagefont()
    choice = rng.choice((None, *SYSTEM_FONTS))
    if choice:
        try:
            return ImageFont.truetype(choice, size)
        except OSError:
            pass
    return ImageFont.load_default(size)


def _ink(rng: random.Random, text: str, size: int, style: str) -> np.ndarray:
    """Return a line's coverage, from 0 to 1, cut to its ink."""
    font = _font(rng, size, style)
    *_, right, below = font.getbbox(text)
    image = Image.new("L", (int(right) + 4, int(below) + 4))
    draw = ImageDraw.Draw(image)
    if style == "bitmap" or rng.random() < 0.15:
        draw.fontmode = "1"  # as devices draw: a pixel is ink or none
    draw.text((2, 2), text, fill=255, font=font)
    ink = np.asarray(image, np.float32) / 255
    rows, columns = np.flatnonzero(ink.max(1)), np.flatnonzero(ink.max(0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if style == "bitmap" and size >= 20:
        ink = np.kron(ink, np.ones((2, 2), np.float32))
    return ink


def _write(
    rng: random.Random, picture: np.ndarray, frame: int, *, count: int, low: tuple[float, float], turned: bool = False
) -> tuple[Written, ...]:
    """Burn lines in, at the corners and inside, none over another; return them."""
    lines: list[Written] = []
    taken = np.zeros(picture.shape, bool)
    angle = rng.choice((1, 2, 3)) if turned else 0
    for _ in range(count):
        style, size = rng.choice(STYLES), rng.choice(SIZES)
        if style == "bitmap":
            size = rng.choice((10, 20))
        for _try in range(60):
            text = _words(rng)
            ink = np.rot90(_ink(rng, text, size, style), angle)
            box = _place(rng, picture.shape, ink.shape)
            if box is None or not _burn(rng, picture, taken, ink, box=box, how=(style, low)):
                continue
            lines.append(Written(text=text, size=size, style=style, frame=frame, box=box))
            break
    return tuple(lines)


def _place(rng: random.Random, shape: tuple[int, ...], ink: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    (rows, columns), (height, width) = shape, ink
    edge = 6
    if width + 2 * edge > columns or height + 2 * edge > rows:
        return None
    left, top = rng.randint(edge, columns - width - edge), rng.randint(edge, rows - height - edge)
    if rng.random() < 0.5:  # a corner
        left, top = rng.choice((edge, columns - width - edge)), rng.choice((edge, rows - height - edge))
        top += rng.choice((0, 1, 2)) * height * 2 * (1 if top == edge else -1)
        top = min(max(top, edge), rows - height - edge)
    return left, top, width, height


def _burn(
    rng: random.Random,
    picture: np.ndarray,
    taken: np.ndarray,
    ink: np.ndarray,
    *,
    box: tuple[int, int, int, int],
    how: tuple[str, tuple[float, float]],
) -> bool:
    """Burn a line in if one could read it there: nothing is written where a person would see nothing."""
    style, low = how
    left, top, width, height = box
    around = np.s_[max(0, top - 5) : top + height + 5, max(0, left - 5) : left + width + 5]
    here = np.s_[top : top + height, left : left + width]
    if taken[around].any():
        return False
    behind, deviation = float(picture[around].mean()), float(picture[around].std())
    level = {"black": 0.0}.get(style, rng.uniform(0.85, 1))
    if style == "low-contrast":
        contrast = rng.uniform(*low)
        level = behind + (contrast if behind < 0.5 else -contrast)
        if deviation > contrast / 2.5:
            return False
    elif style in ("white", "bitmap", "black") and (
        abs(level - behind) < CLEAR or deviation > abs(level - behind) / 2.5
    ):
        return False
    if style == "boxed":
        picture[top - 3 : top + height + 3, left - 3 : left + width + 3] = 0 if rng.random() < 0.7 else 0.15
    if style == "outlined":
        halo = cv2.dilate(np.pad(ink, 1), np.ones((3, 3)))[: height + 2, : width + 2]
        edge = np.s_[top - 1 : top + height + 1, left - 1 : left + width + 1]
        picture[edge] *= 1 - halo
    picture[here] = picture[here] * (1 - ink) + level * ink
    taken[around] = True
    return True


def _put(rng: random.Random, picture: np.ndarray, text: str, size: int, *, left: int, top: int) -> None:
    ink = _ink(rng, text, size, "white")
    here = np.s_[top : top + ink.shape[0], left : left + ink.shape[1]]
    ink = ink[: picture[here].shape[0], : picture[here].shape[1]]
    level = 1.0 if picture[here].mean() < 0.6 else 0.0
    picture[here] = picture[here] * (1 - ink) + level * ink


def _marker(rng: random.Random, picture: np.ndarray) -> None:
    rows, columns = picture.shape
    size = rng.choice((14, 18, 24, 36, 48))
    for _ in range(rng.choice((1, 2))):
        _put(
            rng,
            picture,
            rng.choice(("L", "R", "A", "P", "H", "F", "RT", "LT", "AL", "PR")),
            size,
            left=rng.randint(4, columns - 2 * size),
            top=rng.randint(4, rows - 2 * size),
        )


def _ruler(rng: random.Random, picture: np.ndarray) -> None:
    rows, columns = picture.shape
    at, step = columns - rng.randint(12, 40), rng.randint(8, 20)
    level = 1.0 if picture[:, at].mean() < 0.6 else 0.0
    top, below = rows // 8, rows - rows // 8
    picture[top:below, at] = level
    for number, row in enumerate(range(top, below, step)):
        picture[row, at - (8 if number % 5 == 0 else 4) : at] = level


def _scale(rng: random.Random, picture: np.ndarray) -> None:
    rows, _ = picture.shape
    left, top, width = 12, rows // 4, 14
    picture[top : top + rows // 2, left : left + width] = np.linspace(1, 0, rows // 2)[:, None]
    _put(
        rng,
        picture,
        rng.choice(("5 cm", "10 cm", "10 mm", "255")),
        rng.choice((12, 16)),
        left=left + width + 6,
        top=top,
    )
    _put(
        rng,
        picture,
        rng.choice(("0", "-5", "0 cm")),
        rng.choice((12, 16)),
        left=left + width + 6,
        top=top + rows // 2 - 14,
    )


def _file(rng: random.Random, frames: np.ndarray, form: str) -> bytes:
    """Return a DICOM file of 8 or 16 bits, native or compressed."""
    dataset = template("CT_small.dcm")
    for keyword in ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept", "SmallestImagePixelValue"):
        if keyword in dataset:
            del dataset[keyword]
    for element in [element for element in dataset if element.tag.is_private or element.tag.group > 0x7FE0]:
        del dataset[element.tag]
    dataset.SOPInstanceUID, dataset.NumberOfFrames = generate_uid(), len(frames)
    dataset.Rows, dataset.Columns = frames.shape[1:]
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    _fill(rng, dataset, frames, form)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _fill(rng: random.Random, dataset: pydicom.Dataset, frames: np.ndarray, form: str) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    bits = {"16": 16, "16-low": 16, "12": 12, "rle": 12}.get(form, 8)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8 if bits == 8 else 16, bits, bits - 1
    dataset.PixelRepresentation = 0
    values = np.round(frames * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    if form == "16-low":  # one bright spot, as metal or a marker makes: all else is in the lowest tenth of the range
        values = np.round(frames * 5000).astype(np.uint16)
        values[:, :3, :3] = 65535
    elif bits == 16:
        window = rng.uniform(0.3, 1)
        dataset.WindowCenter, dataset.WindowWidth = int(window * 30000), int(window * 60000)
    if form == "inverted":
        dataset.PhotometricInterpretation, values = "MONOCHROME1", 255 - values
    dataset.PixelData = values.tobytes()
    if form == "rgb":
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
        dataset.PixelData = np.repeat(values[..., None], 3, -1).tobytes()
    elif form == "rle":
        dataset.compress(RLELossless, generate_instance_uid=False)
    elif form in ("jpeg", "j2k"):
        dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit if form == "jpeg" else JPEG2000Lossless
        dataset.PixelData = encapsulate([_compressed(frame, form) for frame in values])
        dataset["PixelData"].VR = "OB"


def _compressed(frame: np.ndarray, form: str) -> bytes:
    buffer = io.BytesIO()
    if form == "jpeg":
        Image.fromarray(frame).save(buffer, "JPEG", quality=90)
    else:
        Image.fromarray(frame).save(buffer, "JPEG2000", irreversible=False, no_jp2=True)
    return buffer.getvalue()


def real_files() -> dict[str, Path]:
    """Return the DICOM files that ship with pydicom and pydicom-data, by name."""
    import data_store

    folders = (Path(pydicom.__file__).parent / "data", Path(data_store.__file__).parent)
    return {path.name: path for folder in folders for path in sorted(folder.rglob("*.dcm"))}
