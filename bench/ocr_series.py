"""Text in one image of a plain series: `python -m bench.ocr_series [--seed 1] [--series 24] [--images 30]`.

Of such a series the checker `pixels` reads one image and the brightest of the others. Lines are burned into one image
that is not the first; every fourth series has none. CPU milliseconds are those of the checker and of one thread.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import time
import warnings
from collections import defaultdict

import cv2
import numpy as np
from pydicom.uid import generate_uid

from bench.ocr import is_covered, suite
from bench.ocr_images import BACKGROUNDS, FAINT, _background, _write
from pixl.checks import Checked, KnownStudy
from pixl.testing.dicom_files import template

SIDE = 512
CROSS_SECTIONS = [name for name in BACKGROUNDS if name.startswith(("ct", "mr"))]
REMOVED = ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept", "SmallestImagePixelValue")


def slices(rng: random.Random, name: str, count: int) -> np.ndarray:
    """Return pictures that pass into one another, as those of a body do; with noise of their own."""
    bases = [cv2.resize(_background(rng, name), (SIDE, SIDE)) for _ in range(3)]
    noise = np.random.default_rng(rng.getrandbits(32))
    made = np.empty((count, SIDE, SIDE), np.float32)
    for number in range(count):
        along = number / (count - 1) * 2
        first = min(int(along), 1)
        mixed = bases[first] * (1 - along + first) + bases[first + 1] * (along - first)
        matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), rng.uniform(-1, 1), 1 - 0.5 * abs(number / count - 0.5))
        matrix[:, 2] += rng.uniform(-3, 3), rng.uniform(-3, 3)
        moved = cv2.warpAffine(mixed, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)
        made[number] = np.clip(
            moved * (1 + noise.normal(0, 0.03, moved.shape)) + noise.normal(0, 0.004, moved.shape), 0, 1
        )
    return made


def file(picture: np.ndarray, series: str) -> bytes:
    """Return a CT image of 12 bits as a scanner acquires it."""
    dataset = template("CT_small.dcm")
    for element in [element for element in dataset if element.tag.is_private or element.tag.group > 0x7FE0]:
        del dataset[element.tag]
    for keyword in REMOVED:
        dataset.pop(keyword, None)
    dataset.SOPInstanceUID, dataset.SeriesInstanceUID = generate_uid(), series
    dataset.ImageType, (dataset.Rows, dataset.Columns) = ["ORIGINAL", "PRIMARY", "AXIAL"], picture.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PixelData = np.round(picture * 4095).astype("<u2").tobytes()
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def measure(args: argparse.Namespace) -> dict[str, object]:
    rng, checkers = random.Random(args.seed), suite()
    found: dict[str, list[bool]] = defaultdict(list)
    flagged: list[bool] = []
    seconds = 0.0
    for number in range(args.series):
        pictures = slices(rng, CROSS_SECTIONS[number % len(CROSS_SECTIONS)], args.images)
        at = rng.randrange(1, args.images)
        lines = _write(rng, pictures[at], at, count=2, low=FAINT) if number % 4 else ()
        series = generate_uid()
        files = [Checked(name=f"2.25.{one}", data=file(picture, series)) for one, picture in enumerate(pictures)]
        before = time.process_time()
        told = list(checkers.check(files, KnownStudy()))
        seconds += time.process_time() - before
        for line in lines:
            found[line.style].append(is_covered(line, told))
        if not lines:
            flagged.append(bool(told))
    return {
        "seed": args.seed,
        "found": {style: f"{sum(hits)} of {len(hits)}" for style, hits in sorted(found.items())},
        "clean_series_flagged": f"{sum(flagged)} of {len(flagged)}",
        "cpu_ms_an_image": round(1000 * seconds / args.series / args.images, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--series", type=int, default=24)
    parser.add_argument("--images", type=int, default=30)
    warnings.simplefilter("ignore")
    cv2.setNumThreads(1)
    print(json.dumps(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
