"""The words around a name: what announces one, what never is one. They stand in `data/cues.txt`."""

from __future__ import annotations

from pixl.text import lists

PARTICLES = lists.section("cues.txt", "particles")
"""Parts of names that are written small."""
WORKPLACES = lists.section("cues.txt", "workplaces")
"""What somebody has in a report: `Long's clinic`."""
CREDENTIALS = lists.section("cues.txt", "credentials")
"""What stands behind the name of who signs."""
NEVER = lists.section("cues.txt", "never")
"""Whatever stands before them, they name nobody."""
SELDOM = lists.section("cues.txt", "seldom")
"""They name somebody only behind a title or a first name."""
FUNCTION_WORDS = lists.section("cues.txt", "function words")
"""They name nobody even behind a title."""
NO_INITIALS = lists.section("cues.txt", "no initials")
"""Two or three letters that stand where initials would."""
RELATIONS = lists.section("cues.txt", "relations")
"""Who somebody is to a patient."""
STRICT_LABELS = lists.section("cues.txt", "strict labels")
"""Labels that ask for nothing but a name."""
SIGNERS = lists.section("cues.txt", "signers")
"""Labels behind which initials stand."""
DICTATED = lists.section("cues.txt", "dictated")
"""Behind these commands stands a name, in dictation without capitals."""
PERSON_VERBS = lists.section("cues.txt", "person verbs")
"""What only people do, in a report."""
SAID_OF_PEOPLE = lists.section("cues.txt", "said of people")
"""What is said of people only: `Rose was referred`."""
TOLD = lists.section("cues.txt", "told")
"""Behind these stands who was told."""
CAPITALISED = lists.section("cues.txt", "capitalised")
"""Words that reports write with a capital inside a sentence."""
TOWNS = lists.section("cues.txt", "towns")
"""Towns that are ordinary words."""
NAMING = lists.section("cues.txt", "naming")
"""Behind these stands what somebody is called."""
PLACE_CUES = lists.section("cues.txt", "place cues")
"""Before a town."""
CASED_TITLES = lists.section("cues.txt", "cased titles")
"""Titles that are words, or modalities, unless a name with a capital follows."""
SHORT_TITLES = lists.section("cues.txt", "short titles")
"""Titles that a full stop may follow."""
LETTERED = lists.section("cues.txt", "lettered")
"""Behind these a letter is no initial."""
LAST_WORDS = lists.section("cues.txt", "last words")
"""With which reports end."""
PLACE_VERBS = lists.section("cues.txt", "place verbs")
"""Behind these, and `in` or `to`, stands where somebody lives."""
LOOSE_LABELS = lists.section("cues.txt", "loose labels")
"""Labels with which something else than a name may come as well."""
WORD_TITLES = CASED_TITLES - SHORT_TITLES - {"miss"}
"""Titles that are titles only with a capital."""
TITLES = lists.section("cues.txt", "titles")
"""A name follows."""
ROLES = lists.section("cues.txt", "roles")
"""Labels: a name follows behind a colon."""
CUES = {line[0]: frozenset(line[1:]) for line in lists.lines("cues_before.txt")}
"""A word that announces a name -> what stands before it then."""
