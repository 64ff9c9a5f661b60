"""What de-identification costs, leaves and breaks, next to other tools: `python -m bench.deid [--images 800]`.

Speed: 512 x 512 x 16 bit CT images of about 260 elements, under the default research policy with a local key; in
memory, and from file to file on one core, each tool in an environment of its own that this benchmark makes. What is
left and what is broken: invented identifiers planted into real files, if the tools for it are beside the repository.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
import venv
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom._dicom_dict import DicomDictionary
from pydicom.data import get_testdata_file

from pixl.deid import Policy, deidentify, load_policy
from pixl.hashing import CachedPseudonymiser, KeyedPseudonymiser
from pixl.project import Projects
from pixl.settings import HOUSE

PEERS = {
    "dicom-anonymizer": "dicom-anonymizer==2.1.0",
    "dicognito": "dicognito==0.19.0",
    "deid": "deid==0.4.13",
    "dcmanon": "dcmanon==0.3.1",
}
DECODERS = ("pydicom==3.0.2", "numpy", "pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle")
SHARED = HOUSE.parent / "shared"
ELEMENTS = 260
AIMS = {"in_memory": 1500, "times_fastest_python_peer": 20, "times_dcmanon": 2.5, "peak_times_file": 3}
SECONDS_A_PEER = 10
PLANTED_SECONDS = 120
ROUNDS = 4
NEEDED = 2 << 30
"""Bytes."""
VALUES = {"DS": "1.25", "IS": "12", "CS": "NONE", "LO": "text", "FD": 1.5, "US": 3}


def ct_image(number: int, frames: int = 1) -> bytes:
    """A CT image with pixels of its own, filled up with elements of the acquisition and image groups."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.Rows = dataset.Columns = 512
    if frames > 1:
        dataset.NumberOfFrames = frames
    rng = np.random.default_rng(number)
    dataset.PixelData = rng.integers(0, 4096, (frames, 512, 512), dtype=np.uint16).tobytes()
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.10.{number}"
    for tag, (vr, multiplicity, _, retired, _) in sorted(DicomDictionary.items()):
        if len(dataset) >= ELEMENTS:
            break
        wanted = tag >> 16 in {0x18, 0x20, 0x28} and multiplicity == "1" and vr in VALUES and not retired
        if wanted and tag not in dataset:
            dataset.add_new(tag, vr, VALUES[vr])
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def place_in_memory() -> str | None:
    """A file system in memory, where there is one with room: what a disk is busy with is not to be measured."""
    place = "/dev/shm"  # noqa: S108
    return place if Path(place).is_dir() and shutil.disk_usage(place).free > NEEDED else None


def in_memory(policy: Policy) -> float:
    """Images a CPU second through the engine alone, the best of some rounds."""
    pseudonymiser = CachedPseudonymiser(KeyedPseudonymiser(b"0123456789abcdef" * 4), 4096)
    images = [ct_image(number) for number in range(20)]
    rates = []
    for _ in range(ROUNDS):
        before = time.process_time()
        for _ in range(25):
            for image in images:
                deidentify(image, policy, pseudonymiser)
        rates.append(25 * len(images) / (time.process_time() - before))
    return max(rates)


def peak_times_file(policy: Policy) -> float:
    """Peak of what Python allocates for a multi-frame image, the file itself included, in sizes of that file."""
    image = ct_image(1, frames=200)
    deidentify(ct_image(2), policy, KeyedPseudonymiser(b"k" * 64))
    tracemalloc.start()
    deidentify(image, policy, KeyedPseudonymiser(b"k" * 64))
    peak = tracemalloc.get_traced_memory()[1] + len(image)
    tracemalloc.stop()
    return peak / len(image)


def environment(name: str, *packages: str) -> Path:
    """Return the interpreter of an environment that holds these packages, made at its first use and kept."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pixl-bench" / name
    done, python = folder / "packages", folder / "bin" / "python"
    if not done.is_file() or done.read_text() != " ".join(packages):
        print(f"installing {' '.join(packages)}", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages]
        subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
        done.write_text(" ".join(packages))
    return python


def tools() -> dict[str, Path]:
    """Each tool with the interpreter that runs it."""
    peers = {name: environment(package, package) for name, package in PEERS.items()}
    return {"copy": Path(sys.executable), "pixl": Path(sys.executable), **peers}


def run(tool: str, python: Path, source: Path, out: Path, seconds: float) -> dict[str, Any]:
    """Run one tool over a folder; what it prints itself is thrown away."""
    script = HOUSE / "bench" / "deid_peers.py"
    # No path of ours for the others: the tools must not find our packages in place of their own.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # `-P`: this folder's own deid.py must not be found in place of the package of that name.
    command = [python, "-P", "-W", "ignore", script, tool, source, out, str(seconds)]
    done = subprocess.run(command, env=env, cwd=HOUSE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{tool}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def speed(chosen: dict[str, Path], images: int, folder: Path) -> dict[str, float]:
    """Images a CPU second from file to file; the fast ones get the best of some rounds."""
    source = folder / "images"
    source.mkdir()
    for number in range(images):
        (source / f"{number:05}.dcm").write_bytes(ct_image(number))
    rates: dict[str, list[float]] = {}
    for turn in range(ROUNDS):
        for tool, python in chosen.items():
            if turn and tool not in {"copy", "pixl", "dcmanon"}:
                continue
            out = folder / f"{tool}-{turn}"
            figures = run(tool, python, source, out, SECONDS_A_PEER)
            shutil.rmtree(out)
            rates.setdefault(tool, []).append(figures["done"] / figures["cpu_seconds"])
    return {tool: max(found) for tool, found in rates.items()}


def planted(chosen: dict[str, Path], folder: Path) -> dict[str, dict[str, Any]]:
    """What each tool leaves of planted identifiers, and what it breaks."""
    scanner = environment("scanner", *DECODERS)
    place = folder / "planted"
    plant = [scanner, SHARED / "tools" / "plant_phi.py", SHARED / "data" / "dicom", place]
    subprocess.run(plant, check=True, capture_output=True)
    found = {}
    for tool, python in chosen.items():
        if tool == "copy":
            continue
        out, result = folder / f"{tool}-planted", folder / f"{tool}.json"
        figures = run(tool, python, place / "files", out, PLANTED_SECONDS)
        scan = [scanner, SHARED / "tools" / "scan_residual.py", place, out, "--json", result]
        subprocess.run(scan, check=False, capture_output=True)
        found[tool] = figures | {name: value for name, value in json.loads(result.read_text()).items() if name in KEPT}
    return found


KEPT = (
    "files",
    "left",
    "left_total",
    "planted_total",
    "science_kept",
    "science_total",
    "pixels_changed",
    "with_pixels",
)


def show(rates: dict[str, float], found: dict[str, dict[str, Any]]) -> None:
    print(f"{'tool':<18}{'images/s':>10}{'files out':>11}{'tokens left':>22}{'science':>9}{'pixels same':>13}")
    for tool, rate in rates.items():
        line = f"{tool:<18}{rate:>10,.0f}"
        if one := found.get(tool):
            files = f"{one['done']}/{one['files']}"
            left = (
                f"{one['left_total']}/{one['planted_total']} ({one['left_total'] / max(one['planted_total'], 1):.1%})"
            )
            kept = f"{one['science_kept'] / max(one['science_total'], 1):.1%}"
            pixels = f"{one['with_pixels'] - one['pixels_changed']}/{one['with_pixels']}"
            line += f"{files:>11}{left:>22}{kept:>9}{pixels:>13}"
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=800, help="CT images of 516 KiB each")
    given = parser.parse_args()
    chosen = tools()
    policy = load_policy(Projects(HOUSE / "projects").get("demo"))
    memory, peak = in_memory(policy), peak_times_file(policy)
    with tempfile.TemporaryDirectory(prefix="pixl-bench-deid-", dir=place_in_memory()) as folder:
        rates = speed(chosen, given.images, Path(folder))
        found = {}
        if (SHARED / "tools").is_dir() and (SHARED / "data" / "dicom").is_dir():
            found = planted(chosen, Path(folder))
        else:
            print("skipped: what is left and what is broken needs ../shared/data and ../shared/tools")
    show(rates, found)
    python_peer = max(rates[name] for name in PEERS if name != "dcmanon")
    figures = {
        "in_memory": round(memory),
        "times_fastest_python_peer": round(rates["pixl"] / python_peer, 1),
        "times_dcmanon": round(rates["pixl"] / rates["dcmanon"], 2),
        "peak_times_file": round(peak, 2),
    }
    for name, figure in figures.items():
        print(f"{name:<28}{figure:>8,} (aim: {'below' if name == 'peak_times_file' else 'at least'} {AIMS[name]})")
    rounded = {tool: round(rate, 1) for tool, rate in rates.items()}
    print(json.dumps({"bench": "deid", **figures, "aims": AIMS, "file_to_file": rounded, "planted": found}))


if __name__ == "__main__":
    main()
