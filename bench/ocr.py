"""Text in pixels: `python -m bench.ocr [--seed 2] [--texts 240] [--negatives 30] [--quick]`.

Invented lines are burned into real pictures (`bench.ocr_images`), and the checker `pixels` looks at the DICOM files as
it does in a project. A line is found if findings cover half of its ink. CPU seconds are those of one thread; next to
them, in the same run, what IsIdentifiable does with each picture: tesseract on the picture, on the picture after an
adaptive threshold, and on that inverted, and with --rotate three times more on the turned picture. It was tuned on
seeds 1, 7, 11, 21 and 31; the figures are of seed 2.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pydicom

from bench.ocr_images import STYLES, Sample, Written, real_files, samples
from pixl.checks import Checked, Context, KnownStudy, Suite, suite_of
from pixl.domain.allowed import Allowed
from pixl.domain.checks import CheckerChoice, Checks
from pixl.domain.finding import Finding

SIDE = 512
AIMS = {"found": 95.0, "easy_found": 99.5, "clean_flagged": 2.0, "of_tesseract": 1.0, "of_tesseract_aim": 0.5}
COVERED = 0.5
WINDOW = 25
"""Pixels, of IsIdentifiable's adaptive threshold."""


def suite(**options: object) -> Suite:
    """The checker alone, as a project has it that says no more than its name."""
    allowed = Allowed(every_standard=True)
    context = Context(project=None, allowed=lambda _manufacturer, _modality: allowed)
    return suite_of(Checks(checkers=(CheckerChoice(name="pixels", options=options),)), context, "bench")


class Score:
    """What was found, by kind of line and of picture."""

    def __init__(self) -> None:
        self.lines: dict[str, list[bool]] = defaultdict(list)
        self.flagged: dict[str, list[bool]] = defaultdict(list)
        self.missed: list[str] = []
        self.alarms: list[str] = []
        self.seconds: list[float] = []
        """CPU, of pictures of 512 x 512."""

    def add(self, sample: Sample, findings: Sequence[Finding], seconds: float) -> None:
        if sample.shape == (SIDE, SIDE):
            self.seconds.append(seconds)
        if sample.lines or sample.kind in ("text", "turned", "clip"):
            for line in sample.lines:
                self._line(sample, line, findings)
            return
        self.flagged[sample.kind].append(bool(findings))
        if findings:
            self.alarms.append(f"{sample.name}: {[finding.value or finding.reason for finding in findings]}")

    def _line(self, sample: Sample, line: Written, findings: Sequence[Finding]) -> None:
        found = is_covered(line, findings)
        kinds = ["all", line.style, f"{line.size} px" if line.size < 12 else "12-32 px", f"in {sample.kind}"]
        if line.is_easy:
            kinds.append("easy")
        for kind in kinds:
            self.lines[kind].append(found)
        if not found:
            self.missed.append(f"{sample.name}: {line.style} {line.size} px {line.text!r}")

    def recall(self, kind: str) -> float:
        found = self.lines[kind]
        return round(100 * sum(found) / max(len(found), 1), 2)

    def rate(self, kind: str) -> float:
        flagged = self.flagged[kind]
        return round(100 * sum(flagged) / max(len(flagged), 1), 2)


def is_covered(line: Written, findings: Iterable[Finding]) -> bool:
    """Whether findings cover half of a line's ink."""
    left, top, width, height = line.box
    ink = np.zeros((height, width), bool)
    for box in (finding.box for finding in findings if finding.box):
        ink[max(0, box.top - top) : max(0, box.top + box.height - top)][
            :, max(0, box.left - left) : max(0, box.left + box.width - left)
        ] = True
    return bool(ink.mean() >= COVERED)


def check(checkers: Suite, name: str, data: bytes) -> tuple[list[Finding], float]:
    began = time.process_time()
    found = list(checkers.check([Checked(name=name, data=data)], KnownStudy()))
    return found, time.process_time() - began


class Tesseract:
    """IsIdentifiable's passes, all pictures of a kind of pass in one process: the model is loaded once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._passes: dict[str, list[str]] = defaultdict(list)

    @property
    def is_there(self) -> bool:
        return shutil.which("tesseract") is not None

    def add(self, data: bytes, number: int) -> None:
        pixels = _pixels(data)
        even = cv2.adaptiveThreshold(pixels, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, WINDOW, 0)
        pictures = {"picture": pixels, "threshold": even, "inverted": 255 - even}
        pictures |= {f"turned {turn * 90}": np.rot90(pixels, turn) for turn in (1, 2, 3)}
        for name, picture in pictures.items():
            path = self._folder / f"{number} {name}.png"
            cv2.imwrite(str(path), picture)
            self._passes[name].append(str(path))

    def seconds(self, mode: int) -> dict[str, float]:
        """Return the CPU seconds a picture of each pass."""
        return {name: self._run(paths, mode) / len(paths) for name, paths in self._passes.items()}

    def _run(self, paths: list[str], mode: int) -> float:
        listed = self._folder / "list.txt"
        listed.write_text("\n".join(paths))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            ["tesseract", str(listed), "-", "--psm", str(mode)],
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            capture_output=True,
            check=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _pixels(data: bytes) -> np.ndarray:
    """As a viewer shows them: what IsIdentifiable gives to tesseract."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    pixels = dataset.pixel_array.astype(np.float32)
    pixels = pixels.mean(-1) if pixels.ndim == 3 else pixels
    return np.asarray(np.clip((pixels - pixels.min()) / max(np.ptp(pixels), 1) * 255, 0, 255), np.uint8)


def measure(args: argparse.Namespace, tesseract: Tesseract) -> Score:
    score, checkers = Score(), suite()
    for number, sample in enumerate(samples(args.seed, texts=args.texts, clips=args.clips, negatives=args.negatives)):
        findings, seconds = check(checkers, sample.name, sample.data)
        score.add(sample, findings, seconds)
        if tesseract.is_there and sample.shape == (SIDE, SIDE):
            tesseract.add(sample.data, number)
    return score


def real(names: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return what is read in the files that ship with pydicom."""
    checkers = suite()
    found: dict[str, list[str]] = {}
    for name, path in real_files().items():
        findings, _ = check(checkers, name, path.read_bytes())
        told = [finding.value or finding.reason for finding in findings]
        if told and (not names or name in names):
            found[name] = told
    return found


def show(score: Score, passes: dict[int, dict[str, float]]) -> None:
    rows = ["all", "easy", "8 px", "9 px", "10 px", "11 px", "12-32 px", *STYLES, "in text", "in turned", "in clip"]
    for kind in rows:
        print(f"  {kind:14} {len(score.lines[kind]):5} lines  {score.recall(kind):6.2f} % found")
    for kind, flagged in score.flagged.items():
        print(f"  {kind:14} {len(flagged):5} pictures {score.rate(kind):6.2f} % flagged")
    for title, entries in (("missed", score.missed), ("false alarms", score.alarms)):
        print(f"{title}:", *entries, sep="\n  ")
    for mode, seconds in passes.items():
        print(f"tesseract --psm {mode}: {', '.join(f'{name} {second:.3f}' for name, second in seconds.items())} CPU s")
    print(f"pixels: {np.mean(score.seconds):.3f} CPU s a picture of 512 x 512, of {len(score.seconds)}")


def figures(score: Score, passes: dict[int, dict[str, float]], args: argparse.Namespace) -> dict[str, object]:
    ours = float(np.mean(score.seconds))
    three = {
        mode: sum(seconds[name] for name in ("picture", "threshold", "inverted")) for mode, seconds in passes.items()
    }
    return {
        "seed": args.seed,
        "lines": len(score.lines["all"]),
        "found": score.recall("all"),
        "easy_found": score.recall("easy"),
        "clip_found": score.recall("in clip"),
        "clean_flagged": score.rate("clean"),
        "marker_flagged": score.rate("marker"),
        "ruler_flagged": score.rate("ruler"),
        "scale_flagged": score.rate("scale"),
        "cpu_seconds": round(ours, 4),
        "tesseract_three_passes_auto": round(three[3], 4) if three else None,
        "tesseract_three_passes_sparse": round(three[11], 4) if three else None,
        "tesseract_six_passes_auto": round(sum(passes[3].values()), 4) if passes else None,
        "of_three_passes_auto": round(ours / three[3], 2) if three else None,
        "of_three_passes_sparse": round(ours / three[11], 2) if three else None,
        "aims": AIMS,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--texts", type=int, default=240)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--negatives", type=int, default=34)
    parser.add_argument("--quick", action="store_true", help="a tenth of all that")
    parser.add_argument("--real", action="store_true", help="also what is read in the files that ship with pydicom")
    args = parser.parse_args()
    if args.quick:
        args.texts, args.clips, args.negatives = 24, 3, 4
    warnings.simplefilter("ignore")
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="pixl-bench-ocr-") as folder:
        tesseract = Tesseract(Path(folder))
        score = measure(args, tesseract)
        passes = {mode: tesseract.seconds(mode) for mode in (3, 11)} if tesseract.is_there else {}
    show(score, passes)
    if not passes:
        print("tesseract is not installed (Debian: tesseract-ocr): nothing to compare with")
    if args.real:
        print(*(f"{name}: {words}" for name, words in real().items()), sep="\n")
    print(json.dumps(figures(score, passes, args)))


if __name__ == "__main__":
    main()
