"""`pixl review`, run as people run it, against a real Postgres."""

from __future__ import annotations

import csv
import itertools
import stat

import pytest

from pixl.domain.finding import Finding, Part
from pixl.domain.person import Role
from pixl.domain.review import ReleaseKeys
from pixl.domain.state import State
from pixl.ledger import Checks, Made, SeriesOutput
from pixl.ledger.findings import transaction
from pixl.queue import Step
from pixl.review import ending
from pixl.testing import review_queue

pytestmark = pytest.mark.servers

NAMED = Finding(
    checker="rules",
    kind="name",
    reason="a name",
    where="(0008,1030)",
    value="Scan of QZSECRET",
    parts=(Part(word="QZSECRET", kind="name", offset=8),),
    instance="2.25.20",
    device="Siemens Force",
)


@pytest.fixture
def held(pixl, extract):
    """Three studies, which the checks held."""
    pixl("cohort", "load", extract(1, 2, 3))
    with pixl.ledger() as ledger:
        for number in (1, 2, 3):
            hold(ledger, number)
    return pixl


def hold(ledger, number):
    ways = [State.REQUESTED, State.FETCHING, State.CACHED, State.DEIDENTIFYING]
    for before, after in itertools.pairwise(ways):
        ledger.advance(number, after, before={before})
    made = Made(series=(SeriesOutput(series="2.25.1", anon_id="s", instances=1),), policy="p", software="1")
    ledger.advance(number, State.CHECKING, before={State.DEIDENTIFYING}, made=made, then=Step.CHECK)
    with transaction(ledger._pool) as connection:
        row = connection.execute("SELECT id FROM check_series WHERE study_id = %s", [number]).fetchone()
    check = ledger.begin_check(row["id"])
    ledger.finish_check(check, Checks(findings=[NAMED]), lambda tally: ending(tally, ReleaseKeys(), draw=0.5))


def mark(path, *verdicts):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        for row, verdict in zip(rows, verdicts, strict=True):
            writer.writerow({**row, "verdict": verdict, "why": "because" if verdict else ""})


def test_what_waits_is_listed_by_what_it_shares_and_values_only_if_asked_for(held):
    shown = held("review", "list")
    assert "(0008,1030)" in shown
    assert "s3" in shown
    assert "QZSECRET" not in shown + held("review", "show", 1)
    assert "QZSECRET" in held("review", "list", "--by-words", "--values")
    assert "QZSECRET" in held("review", "show", 1, "--values")


def test_whoever_is_shown_values_is_in_the_audit_trail(held, tmp_path):
    held("review", "show", 1)
    held("review", "list", "--values")
    held("review", "export", tmp_path / "sheet.csv")
    with held.ledger() as ledger:
        looks = [one.event for one in ledger.people.trail() if one.event.what == "look-up"]
    assert [one.subject for one in looks] == ["a review sheet", "the queue"]
    assert {one.who.partition(":")[0] for one in looks} == {"cli"}


def test_with_nothing_held_it_says_so(pixl):
    assert "Nothing waits" in pixl("review", "list")
    assert "No sample" in pixl("review", "sample")
    assert "No project ignores" in pixl("review", "rules")


def test_one_decision_settles_a_group_with_the_count_that_was_said(held):
    passing = ("review", "pass", "g1", "-r", "a town", *held.as_person("ann"), "--count")
    assert "3 findings wait now, not 2" in held(*passing, "2", code=1)
    told = held(*passing, "3")
    assert "3 findings" in told
    assert "3 now released" in told
    assert held.counts() == {"released": 3}


def test_a_study_fails_and_its_failure_is_undone(held):
    told = held("review", "fail", "s1", "--reason", "a name", *held.as_person("ann"))
    number = told.split(":")[0].removeprefix("decision ")
    assert held.counts() == {"held": 2, "rejected": 1}
    held("review", "undo", number, "--reason", "a mistake", *held.as_person("ann"))
    assert held.counts() == {"held": 3}
    assert "undone by" in held("review", "show", 1)


def test_a_finding_becomes_a_rule_that_can_be_revoked(held):
    told = held("review", "pass", "f1", "--rule", "--reason", "it is a town", *held.as_person("ann"))
    assert "rule 1 is made, 3 findings" in told
    assert held.counts() == {"released": 3}
    assert "it is a town" in held("review", "rules")
    assert "QZSECRET".casefold() in held("review", "rules", "--values").casefold()
    held("review", "rules", "--revoke", 1, "--reason", "too wide", *held.as_person("ann"))
    assert "no rule 1" in held("review", "rules", "--revoke", 1, "--reason", "again", *held.as_person("ann"), code=1)


@pytest.mark.parametrize("name", ["sheet.csv", "sheet.xlsx"])
def test_a_sheet_goes_out_is_private_and_is_not_written_over(held, tmp_path, name):
    sheet = tmp_path / name
    assert "3 rows" in held("review", "export", sheet)
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    held("review", "export", sheet, code=2)
    assert "nothing was done" in held("review", "import", sheet)


def test_a_marked_sheet_comes_back_and_completes_the_job(held, tmp_path):
    sheet = tmp_path / "sheet.csv"
    held("review", "export", sheet, "--project", "demo")
    mark(sheet, "pass", "fail", "")
    assert "2 decisions" in held("review", "import", sheet, "--dry-run")
    assert held.counts() == {"held": 3}
    held("review", "import", sheet, *held.as_person("ann"))
    assert held.counts() == {"released": 1, "rejected": 1, "held": 1}
    assert "stale" in held("review", "import", sheet, *held.as_person("ann"), code=1)


def test_of_a_sheet_with_a_contradiction_nothing_is_done(held, tmp_path):
    sheet = tmp_path / "sheet.csv"
    held("review", "export", sheet)
    mark(sheet, "pass", "fail", "fail")
    lines = sheet.read_text().splitlines(keepends=True)
    sheet.write_text("".join([*lines, lines[1].replace(",pass,", ",fail,")]))
    told = held("review", "import", sheet, *held.as_person("ann"), code=1)
    assert "nothing was imported" in told
    assert "QZSECRET" not in told
    assert held.counts() == {"held": 3}


def test_what_is_no_target_or_no_reason_is_refused(held):
    assert "is no finding" in held("review", "pass", "x1", "--reason", "r", *held.as_person("ann"), code=1)
    assert "needs a reason" in held("review", "pass", "s1", "--reason", " ", *held.as_person("ann"), code=1)
    assert "no study 99" in held("review", "show", 99, code=2)


def two_person(held):
    """Let one more study wait for two people; return what the command line calls it."""
    with held.ledger() as ledger:
        [number] = review_queue.hold(ledger, 1, lambda _: [], project="lungs", gate="two-person")
    return f"s{number}"


def pass_it(held, study, *options, code=0, **env):
    return held("review", "pass", study, "--reason", "I looked", *options, code=code, **env)


def test_nobody_decides_without_a_password(held):
    assert "--password-file" in pass_it(held, "s1", "--by", "ann", code=2)
    wrong = held.data / "wrong"
    wrong.touch(0o600)
    wrong.write_text("not the password of anybody")
    held.as_person("ann")
    assert "The name or the password is wrong" in pass_it(held, "s1", "--by", "ann", "--password-file", wrong, code=1)
    assert "The name or the password is wrong" in pass_it(held, "s1", "--by", "bo", "--password-file", wrong, code=1)
    assert held.counts() == {"held": 3}


def test_a_password_file_that_others_can_read_is_refused(held):
    *_, file = options = held.as_person("ann")
    file.chmod(0o644)
    assert "chmod 600" in pass_it(held, "s1", *options, code=2)


def test_the_command_line_is_throttled_like_the_console(held):
    options = held.as_person("ann")
    wrong = held.data / "wrong"
    wrong.touch(0o600)
    wrong.write_text("not the password of anybody")
    for _ in range(5):
        pass_it(held, "s1", "--by", "ann", "--password-file", wrong, code=1)
    assert "Too many logins have failed" in pass_it(held, "s1", *options, code=1)


def test_who_only_reads_decides_nothing(held):
    assert "this needs the role reviewer" in pass_it(held, "s1", *held.as_person("rita", Role.READER), code=1)


def test_the_second_person_is_another_one_under_whatever_spelling_and_the_last_word_a_releasers(held):
    study = two_person(held)
    ann = held.as_person("ann")
    pass_it(held, study, *ann)
    for spelling in ("ann", "ANN", " Ann "):
        assert "another person has to pass it" in pass_it(held, study, "--by", spelling, *ann[2:], code=1)
    assert "needs the role releaser" in pass_it(held, study, *held.as_person("vera", Role.REVIEWER), code=1)
    assert "1 now released" in pass_it(held, study, *held.as_person("olga"))


def test_a_token_stands_for_its_person_and_for_nobody_else(held):
    study = two_person(held)
    token = held.data / "token"
    token.touch(0o600)
    token.write_text(held("console", "user", "token", *held.as_person("ann")))
    assert "a token of ann, not of olga" in pass_it(held, study, "--by", "olga", "--password-file", token, code=1)
    pass_it(held, study, "--password-file", token)
    assert "another person has to pass it" in pass_it(held, study, *held.as_person("ann"), code=1)
    with held.ledger() as ledger:
        events = [one.event for one in ledger.people.trail()]
        proofs = [(one.who, one.details["way"], one.details["at"]) for one in events if one.what == "proved"]
        assert ("ann", "token", "review pass") in proofs
        assert ("ann", "password", "review pass") in proofs
        ledger.people.set_password("ann", "another five invented words", by="test")
    assert "this token is none" in pass_it(held, study, "--password-file", token, code=1)
