"""What fills the slots of clinical sentences."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from pixl.testing.report_corpus.lines import words

Slot = Sequence[str] | Callable[[random.Random], str]

SLOT = re.compile(r"<([a-z_]+)>")

LEVELS = (
    [f"C{n}" for n in range(2, 8)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)] + ["S1", "S2"]
)
DISCS = words("C3/4 C4/5 C5/6 C6/7 T8/9 T11/12 L1/2 L2/3 L3/4 L4/5 L5/S1 C5-6 L3-4 L4-5 L5-S1 L4-L5")


def _number(low: int, high: int, unit: str = "") -> Callable[[random.Random], str]:
    return lambda chance: f"{chance.randint(low, high)}{unit}"


def _fraction(low: float, high: float, unit: str = "", places: int = 1) -> Callable[[random.Random], str]:
    return lambda chance: f"{chance.uniform(low, high):.{places}f}{unit}"


def _millimetres(chance: random.Random) -> str:
    size = chance.randint(2, 48)
    other = chance.randint(2, 40)
    return chance.choice((f"{size} mm", f"{size}mm", f"{size} mm", f"{size} x {other} mm", f"{size}.{other % 10} mm"))


def _centimetres(chance: random.Random) -> str:
    return chance.choice(
        (f"{chance.uniform(1, 12):.1f} cm", f"{chance.uniform(1, 12):.1f}cm", f"{chance.randint(2, 14)} cm")
    )


def _dimensions(chance: random.Random) -> str:
    return " x ".join(str(chance.randint(12, 90)) for _ in range(3)) + " mm"


CLINICAL: Mapping[str, Slot] = {
    "side": ("left", "right", "left", "right", "Left", "Right"),
    "zone": ("upper", "mid", "lower"),
    "size": ("small", "moderate", "large", "trace"),
    "severity": ("mild", "moderate", "severe", "Mild", "Moderate"),
    "margin": ("spiculated", "well-defined", "lobulated", "ground-glass", "part-solid", "calcified"),
    "lobe": (
        "right upper lobe",
        "right middle lobe",
        "right lower lobe",
        "left upper lobe",
        "left lower lobe",
        "lingula",
    ),
    "segment": ("II", "III", "IVa", "IVb", "V", "VI", "VII", "VIII", "2/3", "5/8"),
    "colon": ("caecum", "ascending colon", "hepatic flexure", "transverse colon", "sigmoid colon", "rectum"),
    "quadrant": ("right iliac fossa", "left iliac fossa", "pelvis", "right upper quadrant", "left flank", "RIF", "LUQ"),
    "brain": ("frontal lobe", "parietal lobe", "temporal lobe", "occipital lobe", "pons", "thalamus", "corona radiata"),
    "spine": ("cervical", "thoracic", "lumbar", "whole"),
    "level": tuple(LEVELS),
    "disc": tuple(DISCS),
    "rib": ("3rd", "4th", "5th", "6th", "7th", "8th", "second", "fifth", "sixth"),
    "station": ("4R", "4L", "7", "10R", "11L", "2R", "5"),
    "necklevel": ("Ib", "IIa", "IIb", "III", "IV", "Va"),
    "clock": _number(1, 12, " o'clock"),
    "bosniak": ("I", "II", "IIF", "III", "IV"),
    "letter": ("A", "B", "C", "D", "b", "c"),
    "grade": _number(1, 5),
    "aspects": _number(4, 10, "/10"),
    "tici": ("2b", "2c", "3", "2a"),
    "gauge": ("14G", "16G", "18G", "21G", "22 gauge", "14 gauge", "18-gauge", "20g"),
    "french": ("6 Fr", "8F", "10 French", "8.5 Fr", "12 Fr", "5Fr"),
    "micron": ("300-500 micron", "500-700 micron", "355-500 µm"),
    "small": _number(2, 9),
    "count": _number(10, 400),
    "days": _number(120, 900),
    "rate": _number(48, 170),
    "years": _number(3, 15),
    "angle": _number(12, 62),
    "minutes": _number(2, 90),
    "grams": _number(480, 3900, " g"),
    "hu": lambda chance: f"{chance.randint(-20, 90)} HU",
    "percent": lambda chance: chance.choice((f"{chance.randint(5, 95)}%", f"{chance.randint(5, 95)} %")),
    "ratio": _fraction(0.4, 1.4, places=2),
    "mm": _millimetres,
    "cm": _centimetres,
    "dims": _dimensions,
    "ml": _number(5, 120, " ml"),
    "psa": _fraction(0.1, 42),
    "suv": _fraction(2.1, 24),
    "mbq": _number(80, 600, " MBq"),
    "glucose": _fraction(4.1, 10.9, " mmol/L"),
    "velocity": lambda chance: chance.choice(
        (f"{chance.randint(20, 320)} cm/s", f"{chance.uniform(0.3, 3.2):.1f} m/s")
    ),
    "dap": _fraction(0.2, 90, " Gy.cm2", 2),
    "dlp": _number(120, 1400, " mGy.cm"),
    "ctdi": _fraction(2, 40, " mGy"),
    "t1": _number(950, 1300, " ms"),
    "hedge": (
        "likely",
        "probable",
        "possible",
        "no convincing",
        "subtle",
        "a definite",
        "questionable",
        "stable",
        "new",
    ),
    "lesion": (
        "focus of enhancement",
        "calcified lymph node",
        "soft tissue nodule",
        "area of signal change",
        "wedge-shaped opacity",
        "cystic lesion",
        "subcentimetre lucency",
        "band of scarring",
        "filling defect",
        "focal thickening",
        "plaque",
        "haemorrhagic component",
        "septated collection",
        "exophytic lesion",
        "cortical irregularity",
        "flow void",
    ),
    "where": (
        "adjacent to the <side> psoas",
        "within the subcutaneous fat of the <side> flank",
        "at the level of <level>",
        "along the <side> pleural surface",
        "in the <lobe>",
        "deep to the <side> deltoid",
        "anterior to the sacrum",
        "at the splenic hilum",
        "in the <side> periventricular white matter",
        "around the porta hepatis",
        "overlying the <rib> rib",
        "at the resection margin",
        "in the pouch behind the bladder",
        "close to the carina",
        "in the proximal third of the ureter",
        "posterior to the knee joint",
    ),
    "course": (
        "unchanged in size",
        "slightly larger at <mm>, previously <mm>",
        "not seen on the earlier study",
        "partially resolved",
        "of uncertain significance",
        "which was present before",
        "measuring <mm>",
        "with surrounding fat stranding",
        "without restricted diffusion",
        "with mild mass effect",
        "for which biopsy could be considered",
        "too small to characterise",
        "and does not enhance",
        "best seen on the delayed images",
        "allowing for differences in technique",
    ),
}


def fill(chance: random.Random, sentence: str, slots: Mapping[str, Slot]) -> str:
    """Return the sentence with each slot that `slots` knows filled, also those in what was filled in."""

    def value(found: re.Match[str]) -> str:
        slot = slots.get(found[1])
        if slot is None:
            return found[0]
        text = slot(chance) if callable(slot) else chance.choice(slot)
        return fill(chance, text, slots)

    return SLOT.sub(value, sentence)


def clinical(chance: random.Random, sentence: str) -> str:
    """Return a clinical sentence with its slots filled and a capital letter at its beginning."""
    text = fill(chance, sentence, CLINICAL)
    return text[:1].upper() + text[1:]
