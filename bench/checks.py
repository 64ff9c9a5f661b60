"""What checks cost, find and flag by mistake: `python -m bench.checks [--quick]`.

Speed, in CPU time of one core: values a second with 10,000 rules; a 500-instance CT study under every default checker,
without OCR. Recall: invented identifiers planted into real files, all of which have to be found, if the tool that
plants is beside the repository. False alarms: what the engine makes of real files, checked against their originals.
Where the benchmark of reviews is installed (`bench.reviews`), its figures come too.
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import importlib
import importlib.util
import io
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pydicom

from bench.deid import ct_image
from pixl.checks import Checked, Context, KnownStudy, suite_of
from pixl.checks.rule_engine import RuleEngine
from pixl.checks.rules_file import parse_rules
from pixl.checks.words import fold
from pixl.deid import deidentify, load_policy
from pixl.deid.allowed import allowed_by, allowed_without_policy
from pixl.domain.checks import CheckerChoice, Checks
from pixl.domain.errors import PixlError
from pixl.hashing import CachedPseudonymiser, KeyedPseudonymiser
from pixl.project import Projects
from pixl.settings import HOUSE
from pixl.text import Identifiers
from pixl.text.lists import first_names, surnames

SHARED = HOUSE.parent / "shared"
AIMS = {"values_a_second": 2000, "study_seconds": 3.0, "recall": 1.0, "flagged": 0.02}
RULES, VALUES = 10_000, 20_000
INSTANCES = 500
PIXEL_BYTES = 512 * 512 * 2
PERSON = {
    "PatientName": "Larkmoor^Josephine^Anne",
    "PatientID": "RX1234567",
    "PatientBirthDate": "19500307",
    "AccessionNumber": "A98765432",
    "ReferringPhysicianName": "Quarrstone^Theodore",
    "InstitutionName": "St Ashbury General Hospital",
    "StationName": "VEXXBROOK3",
    "StudyDate": "20200415",
    "SeriesInstanceUID": "1.2.3.400003",
    "StudyInstanceUID": "1.2.3.400002",
}


def some_words() -> list[str]:
    rnd = random.Random(0)
    return ["".join(rnd.choices("abcdefghijklmnopqrstuvwxyz", k=rnd.randint(3, 9))) for _ in range(5000)]


def rules_text(count: int) -> str:
    """Rules as reviewers make them: most are one exact value, some are shapes, some are words."""
    rnd = random.Random(1)
    words = some_words()

    def phrase(most: int) -> str:
        return " ".join(rnd.choices(words, k=rnd.randint(1, most)))

    makers = (
        lambda: f"^{re.escape(phrase(4))}$",
        lambda: re.escape(phrase(2)),
        lambda: rf"^[A-Z]{{{rnd.randint(1, 6)}}}\d{{{rnd.randint(1, 8)}}}$",
        lambda: rf"\b{rnd.choice(words)}\s+\d+\b",
        lambda: f"^({rnd.choice(words)}|{rnd.choice(words)}).*{rnd.choice(words)}",
    )
    shares = (5, 2, 1, 1, 1)
    basic = [
        {"Action": "Ignore", "IfPattern": rnd.choices(makers, shares)[0](), "CaseSensitive": False}
        | ({"IfColumn": "SeriesDescription"} if rnd.random() < 0.3 else {})
        for _ in range(count)
    ]
    return json.dumps({"BasicRules": basic})


def rule_speed(count: int, values: int) -> dict[str, float]:
    """Values a CPU second; each value is another one, so that nothing is remembered."""
    text = rules_text(count)
    before = time.process_time()
    engine = RuleEngine(parse_rules(text, "rules"), lambda _rule, _text: [])
    engine.parts("SeriesDescription", "first")
    ready = time.process_time() - before
    rnd, words = random.Random(2), [*some_words(), *map(str, range(1000))]
    many = [" ".join(rnd.choices(words, k=rnd.randint(1, 8))) for _ in range(values)]
    before = time.process_time()
    for value in many:
        engine.parts("SeriesDescription", value)
    return {"values_a_second": round(values / (time.process_time() - before)), "rules_ready_seconds": round(ready, 2)}


def study(instances: int) -> list[Checked]:
    """A CT study, as it comes out of the engine, with the header of each original."""
    policy = load_policy(Projects(HOUSE / "projects").get("demo"))
    pseudonymiser = CachedPseudonymiser(KeyedPseudonymiser(b"0123456789abcdef" * 4), 4096)
    made = []
    base = pydicom.dcmread(io.BytesIO(ct_image(0, 0)))
    for keyword, value in PERSON.items():
        setattr(base, keyword, value)
    for number in range(instances):
        base.SOPInstanceUID = base.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.500000.{number}"
        base.InstanceNumber = number
        base.ImagePositionPatient = [-120, -120, number * 1.25]
        base.SliceLocation = number * 1.25
        buffer = io.BytesIO()
        base.save_as(buffer)
        data = buffer.getvalue()
        output = deidentify(data, policy, pseudonymiser).data
        made.append(Checked(name=str(number), data=output, original=data[: data.index(base.PixelData) - 12]))
    return made


def study_speed(instances: int, rules: Path) -> dict[str, float]:
    """CPU seconds of a study under the default checkers, the rules' 10,000 among them."""
    project = Projects(HOUSE / "projects").get("demo")
    outputs = study(instances)
    seconds: dict[str, float] = {}
    defaults = tuple(choice.name for choice in Checks().checkers)
    told = {"study": tuple(one for one in defaults if one != "pixels"), "study_and_pixels": defaults}
    for name, names in {**{one: (one,) for one in defaults}, **told}.items():
        choices = tuple(
            CheckerChoice(name=one, options={"files": [str(rules)]} if one == "rules" else {}) for one in names
        )
        context = Context(project=project, allowed=allowed_by(load_policy(project)))
        suite = suite_of(Checks(checkers=choices), context, "bench")
        list(suite.check(outputs[:1], KnownStudy()))  # what is made once a process is told apart from it
        before = time.process_time()
        found = list(suite.check(outputs, KnownStudy(expected_instances=instances)))
        seconds[name] = round((time.process_time() - before) * INSTANCES / instances, 2)
        if found:
            raise RuntimeError(f"{name} flags a clean study: {found[0]!r}")
    return seconds


def recall(folder: Path) -> dict[str, Any]:
    """The share of planted tokens that are found if the planted files are taken for outputs."""
    plant = [sys.executable, SHARED / "tools" / "plant_phi.py", SHARED / "data" / "dicom", folder, "--seed", "4711"]
    subprocess.run([*map(str, plant), "--random", "12"], check=True, capture_output=True)
    planted = json.loads((folder / "planted.json").read_text("utf-8"))["files"]
    choices = (CheckerChoice(name="known-values"), CheckerChoice(name="consistency"))
    suite = suite_of(Checks(checkers=choices), Context(project=None, allowed=allowed_without_policy()), "bench")
    found: collections.Counter[str] = collections.Counter()
    total: collections.Counter[str] = collections.Counter()
    for entry in planted.values() if isinstance(planted, dict) else planted:
        tokens = entry["tokens"]
        data = (folder / "files" / Path(entry["file"]).name).read_bytes()
        told = _told(suite.check([Checked(name="x", data=data)], _known(tokens)))
        for token in tokens:
            total[token["category"]] += 1
            found[token["category"]] += _plain(token["token"]) in told
    return {
        "recall": round(found.total() / total.total(), 4),
        "planted": total.total(),
        "missed": {name: total[name] - found[name] for name in total if total[name] > found[name]},
    }


def _known(tokens: list[dict[str, str]]) -> KnownStudy:
    kinds = collections.defaultdict(list)
    for token in tokens:
        kinds[token["kind"]].append(token["token"])
    dates = tuple(dt.datetime.strptime(value[:8], "%Y%m%d").date() for value in kinds.pop("date", ()))
    uids = frozenset(kinds.pop("uid", ()))
    names, numbers = tuple(kinds.pop("name", ())), tuple(kinds.pop("mrn", [])) + tuple(kinds.pop("accession", []))
    other = tuple(value for values in kinds.values() for value in values)
    identifiers = Identifiers(names=names, numbers=numbers, dates=dates, other=other)
    return KnownStudy(identifiers=identifiers, original_uids=uids)


def _told(findings: Any) -> str:
    return _plain(" ".join(part for one in findings for part in (one.value, *(each.word for each in one.parts))))


def _plain(text: str) -> str:
    return re.sub("[^a-z0-9]", "", fold(text))


def false_alarms() -> dict[str, Any]:
    """The share of the engine's outputs that are flagged though nothing was left, on real files."""
    project = Projects(HOUSE / "projects").get("demo")
    policy = load_policy(project)
    names = ("private", "consistency", "known-values", "rules")
    checks = Checks(checkers=tuple(CheckerChoice(name=name) for name in names))
    suite = suite_of(checks, Context(project=project, allowed=allowed_by(policy)), "bench")
    pseudonymiser = KeyedPseudonymiser(b"0123456789abcdef" * 4)
    checked, flagged = 0, collections.Counter()
    for path in real_files():
        data = path.read_bytes()
        try:
            output = deidentify(data, policy, pseudonymiser).data
        except PixlError:
            continue
        checked += 1
        found = list(suite.check([Checked(name=path.name, data=output, original=data)], KnownStudy()))
        flagged.update({f"{one.checker} {one.kind} {one.where}" for one in found})
        flagged["files"] += bool(found)
    files = flagged.pop("files", 0)
    return {"flagged": round(files / checked, 4), "checked": checked, "flagged_files": files, "flags": dict(flagged)}


def strangers(a_file: int) -> dict[str, Any]:
    """The share of the engine's outputs in which a random person's names and numbers are seen, who is not in there."""
    rnd = random.Random(3)
    families, firsts = sorted(surnames()), sorted(first_names())
    choices = (CheckerChoice(name="known-values"),)
    suite = suite_of(Checks(checkers=choices), Context(project=None, allowed=allowed_without_policy()), "bench")
    policy = load_policy(Projects(HOUSE / "projects").get("demo"))
    checked = flagged = 0
    for path in real_files():
        try:
            output = deidentify(path.read_bytes(), policy, KeyedPseudonymiser(b"k" * 64)).data
        except PixlError:
            continue
        for _ in range(a_file):
            names = [f"{rnd.choice(families)}^{rnd.choice(firsts)}" for _ in range(4)]
            numbers = str(rnd.randrange(10**6, 10**7)), str(rnd.randrange(10**9, 10**10)), f"RX{rnd.randrange(10**6)}"
            known = KnownStudy(identifiers=Identifiers(names=tuple(names), numbers=numbers))
            checked += 1
            flagged += bool(list(suite.check([Checked(name="x", data=output)], known)))
    return {"strangers": checked, "strangers_seen": flagged}


def real_files() -> list[Path]:
    folders = [Path(pydicom.__file__).parent / "data", SHARED / "data" / "dicom"]
    return sorted(path for folder in folders if folder.is_dir() for path in folder.rglob("*") if path.is_file())


def reviews(*, quick: bool) -> dict[str, Any]:
    """The figures of the review queue, if its benchmark is there."""
    if importlib.util.find_spec("bench.reviews") is None:
        return {}
    figures: dict[str, Any] = importlib.import_module("bench.reviews").figures(quick=quick)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    quick = parser.parse_args().quick
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="pixl-bench-checks-") as folder:
        rules = Path(folder) / "rules.yaml"
        rules.write_text(rules_text(RULES), "utf-8")
        figures |= rule_speed(RULES, VALUES // (10 if quick else 1))
        seconds = study_speed(INSTANCES // (10 if quick else 1), rules)
        figures |= {"study_seconds": seconds.pop("study"), "seconds_by_checker": seconds}
        if (SHARED / "tools" / "plant_phi.py").is_file() and (SHARED / "data" / "dicom").is_dir():
            figures |= recall(Path(folder) / "planted")
        else:
            print("skipped: recall needs ../shared/data and ../shared/tools")
    figures |= false_alarms() | strangers(1 if quick else 10) | reviews(quick=quick)
    for name, aim in AIMS.items():
        if name in figures:
            print(f"{name:<24}{figures[name]:>12,} (aim: {aim:,})")
    print(json.dumps({"bench": "checks", **figures, "aims": AIMS}))


if __name__ == "__main__":
    main()
