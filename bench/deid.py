"""What de-identification costs, leaves and breaks, next to other tools: `python -m bench.deid [--images 800]`.

Speed: 512 x 512 x 16 bit CT images of about 260 elements, under the default research policy with a local key; in
memory, and from file to file on one core, each tool in an environment of its own that this benchmark makes. What is
left and what is broken: invented identifiers planted into real files, if the tools for it are beside the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.ct_series import ct_image, ct_images, write_large
from pixl.deid import Deidentified, Deidentifier, Policy, deidentify, load_policy
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
SECRET = b"0123456789abcdef" * 4
AIMS = {
    "in_memory": 1500,
    "times_fastest_python_peer": 20,
    "times_dcmanon": 2.5,
    "peak_times_file": 3,
    "streaming_peak_mib": 300,
}
BELOW = frozenset({"peak_times_file", "streaming_peak_mib"})
SECONDS_A_PEER = 10
PLANTED_SECONDS = 120
ROUNDS = 4
NEEDED = 2 << 30
"""Bytes."""
STREAMED = 2047
"""MiB of pixels of the file that is streamed; an element's length of 32 bits ends at 4096."""


def place_in_memory() -> str | None:
    """A file system in memory, where there is one with room: what a disk is busy with is not to be measured."""
    place = "/dev/shm"  # noqa: S108
    return place if Path(place).is_dir() and shutil.disk_usage(place).free > NEEDED else None


def in_memory(policy: Policy) -> tuple[float, float]:
    """Images a CPU second through the engine alone: each for itself, and as series. The best of some rounds."""
    pseudonymiser = CachedPseudonymiser(KeyedPseudonymiser(SECRET), 4096)
    images = list(ct_images(120))

    def rate(treat: Callable[[bytes], Deidentified]) -> float:
        before = time.process_time()
        for image in images:
            _ = treat(image).data
        return len(images) / (time.process_time() - before)

    alone = max(rate(lambda image: deidentify(image, policy, pseudonymiser)) for _ in range(ROUNDS))
    # What it learnt in one round would not be learnt in another: each round is that of a new one.
    series = max(rate(Deidentifier(policy, pseudonymiser)) for _ in range(ROUNDS))
    return alone, series


def peak_times_file(policy: Policy) -> float:
    """Peak of what Python allocates for a multi-frame image, the file itself included, in sizes of that file."""
    image = ct_image(0, 0, frames=200)
    pseudonymiser = KeyedPseudonymiser(SECRET)
    deidentify(ct_image(0, 1), policy, pseudonymiser)
    tracemalloc.start()
    _ = deidentify(image, policy, pseudonymiser).data
    peak = tracemalloc.get_traced_memory()[1] + len(image)
    tracemalloc.stop()
    return peak / len(image)


def streaming_peak(folder: Path) -> float:
    """Peak resident memory, in MiB, of a process that de-identifies a file of 2 GiB; mapped pages count."""
    source = folder / "large"
    source.mkdir()
    write_large(source / "large.dcm", STREAMED)
    figures = run("pixl", Path(sys.executable), source, folder / "large-out", SECONDS_A_PEER, warm_up=False)
    shutil.rmtree(source)
    shutil.rmtree(folder / "large-out")
    if figures["done"] != 1:
        raise RuntimeError("the large file was not de-identified")
    return float(figures["peak_mib"])


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


def run(tool: str, python: Path, source: Path, out: Path, seconds: float, *, warm_up: bool = True) -> dict[str, Any]:
    """Run one tool over a folder; what it prints itself is thrown away."""
    script = HOUSE / "bench" / "deid_peers.py"
    # No path of ours for the others: the tools must not find our packages in place of their own.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # `-P`: this folder's own deid.py must not be found in place of the package of that name.
    command = [str(part) for part in (python, "-P", "-W", "ignore", script, tool, source, out, seconds, int(warm_up))]
    done = subprocess.run(command, env=env, cwd=HOUSE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{tool}: {done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def touch_memory(folder: Path, size: int) -> None:
    """Have the system give us memory that a file system in memory will need: a first touch costs ten times a copy."""
    place = folder / "touched"
    with place.open("wb") as file:
        for _ in range(0, size, 1 << 20):
            file.write(bytes(1 << 20))
    place.unlink()


def speed(chosen: dict[str, Path], images: int, folder: Path) -> dict[str, float]:
    """Images a CPU second from file to file; the fast ones get the best of some rounds."""
    source = folder / "images"
    source.mkdir()
    for number, image in enumerate(ct_images(images)):
        (source / f"{number:05}.dcm").write_bytes(image)
    rates: dict[str, list[float]] = {}
    for turn in range(ROUNDS):
        for tool, python in chosen.items():
            if turn and tool not in {"copy", "pixl", "dcmanon"}:
                continue
            out = folder / f"{tool}-{turn}"
            touch_memory(folder, images * len(image))
            figures = run(tool, python, source, out, SECONDS_A_PEER)
            shutil.rmtree(out)
            rates.setdefault(tool, []).append(figures["done"] / figures["cpu_seconds"])
    shutil.rmtree(source)
    return {tool: max(found) for tool, found in rates.items()}


def planted(chosen: dict[str, Path], folder: Path) -> dict[str, dict[str, Any]]:
    """What each tool leaves of planted identifiers, and what it breaks."""
    scanner = environment("scanner", *DECODERS)
    place = folder / "planted"
    plant = [str(scanner), str(SHARED / "tools" / "plant_phi.py"), str(SHARED / "data" / "dicom"), str(place)]
    subprocess.run(plant, check=True, capture_output=True)
    found = {}
    for tool, python in chosen.items():
        if tool == "copy":
            continue
        out, result = folder / f"{tool}-planted", folder / f"{tool}.json"
        figures = run(tool, python, place / "files", out, PLANTED_SECONDS)
        scan = (scanner, SHARED / "tools" / "scan_residual.py", place, out, "--json", result)
        subprocess.run([str(part) for part in scan], check=False, capture_output=True)
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
    """Print the table of docs/performance.md."""
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
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=800, help="CT images of 516 KiB each")
    given = parser.parse_args()
    chosen = tools()
    policy = load_policy(Projects(HOUSE / "projects").get("demo"))
    (alone, series), peak = in_memory(policy), peak_times_file(policy)
    with tempfile.TemporaryDirectory(prefix="pixl-bench-deid-", dir=place_in_memory()) as folder:
        rates = speed(chosen, given.images, Path(folder))
        large = streaming_peak(Path(folder))
        found = {}
        if (SHARED / "tools").is_dir() and (SHARED / "data" / "dicom").is_dir():
            found = planted(chosen, Path(folder))
        else:
            print("skipped: what is left and what is broken needs ../shared/data and ../shared/tools")
    show(rates, found)
    python_peer = max(rates[name] for name in PEERS if name != "dcmanon")
    figures = {
        "in_memory": round(alone),
        "in_memory_series": round(series),
        "times_fastest_python_peer": round(rates["pixl"] / python_peer, 1),
        "times_dcmanon": round(rates["pixl"] / rates["dcmanon"], 2),
        "share_of_copy": round(rates["pixl"] / rates["copy"], 2),
        "copy_times_fastest_python_peer": round(rates["copy"] / python_peer, 1),
        "peak_times_file": round(peak, 2),
        "streaming_peak_mib": round(large),
    }
    for name, figure in figures.items():
        aim = f" (aim: {'below' if name in BELOW else 'at least'} {AIMS[name]})" if name in AIMS else ""
        print(f"{name:<32}{figure:>8,}{aim}")
    rounded = {tool: round(rate, 1) for tool, rate in rates.items()}
    print(json.dumps({"bench": "deid", **figures, "aims": AIMS, "file_to_file": rounded, "planted": found}))


if __name__ == "__main__":
    main()
