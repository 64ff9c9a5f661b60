from __future__ import annotations

import random

from pixl.testing.identities import Token, accession_numbers, invent_patients, nhs_number


def test_the_same_seed_invents_the_same_people() -> None:
    assert invent_patients(20, seed=3) == invent_patients(20, seed=3) != invent_patients(20, seed=4)


def test_nhs_numbers_have_a_valid_check_digit() -> None:
    chance = random.Random(1)
    for number in (nhs_number(chance) for _ in range(200)):
        total = sum(int(digit) * (10 - place) for place, digit in enumerate(number[:9]))
        assert (11 - total % 11) % 11 == int(number[9])
        assert number.startswith("999")


def test_every_token_is_too_distinctive_to_occur_by_chance() -> None:
    for patient in invent_patients(200, seed=1):
        assert len({patient.mrn, patient.nhs_number}) == 2
        assert len(patient.mrn) >= 8
        for token in patient.tokens():
            assert min(map(len, token.patterns)) >= 6, token


def test_people_come_from_many_places() -> None:
    people = invent_patients(100, seed=1)
    assert len({patient.character_set for patient in people}) == 4
    assert any(not patient.family_name.isascii() for patient in people)


def test_accession_numbers_are_distinct_and_fit_their_vr() -> None:
    numbers = [number for number, _ in zip(accession_numbers(1), range(1000), strict=False)]
    assert len(set(numbers)) == 1000
    assert max(map(len, numbers)) <= 16


def test_a_token_knows_the_encodings_it_may_be_found_in() -> None:
    patterns = Token(kind="name", text="Жуковскина").patterns
    assert "жуковскина".encode("iso8859_5") in patterns
    assert "Жуковскина".encode("utf-16-le").lower() in patterns
