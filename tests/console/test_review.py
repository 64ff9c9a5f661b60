"""What reviewers see and decide, through the pages."""

from __future__ import annotations

import re

import pytest

from pixl.domain.finding import Finding
from pixl.domain.person import Role
from pixl.domain.report import ReportState
from pixl.domain.state import State
from pixl.ledger import ReportEnding
from pixl.reports.verdict import LOOK
from pixl.testing.review_queue import hold, hold_report, named

pytestmark = pytest.mark.servers


def state(ledger, number):
    return ledger.study(number).state


def studies_of(ledger, project):
    return [one.id for one in ledger.reviews.studies((project,))]


def test_the_queue_groups_what_is_alike_and_filters_narrow_it(log_in, waiting):
    hand = log_in("vera")
    text = hand.get("/queue").text
    assert text.count("data-row") == 1
    assert hand.get("/queue?words=1").text.count("data-row") == 2
    assert "data-row" not in hand.get("/queue?checker=pixels").text
    assert "data-row" not in hand.get("/queue?project=no-such-project").text
    for odd in ("/queue?after=x", "/queue?after=1-2-3", "/groups/999", "/groups/1?words=zz", "/queue?checker=%00"):
        assert hand.get(odd).status_code in (200, 422), odd


def test_long_lists_come_in_pages_without_gaps(log_in, ledger):
    hold(ledger, 120, lambda number: [named(f"Word{number} here", f"Word{number}")])
    hand, seen, path = log_in("vera"), [], "/groups/1"
    while path:
        text = hand.get(path).text
        seen += re.findall(r'href="/findings/(\d+)', text)
        after = re.search(r'href="(/groups/1\?after=\d+)"', text)
        path = after[1] if after else ""
    assert len(seen) == len(set(seen)) == 120
    first = hand.get("/queue?words=1").text
    second = hand.get(re.search(r'href="(/queue\?after=[^"]+)"', first)[1].replace("&amp;", "&")).text
    groups = [set(re.findall(r"words=(\w{8,})", text)) for text in (first, second)]
    assert groups[1]
    assert not groups[0] & groups[1]


def test_a_group_is_decided_with_the_count_that_was_shown(log_in, waiting, ledger):
    hand = log_in("vera")
    hold(ledger, 1, lambda _: [named("Bath chest", "Bath")], project="other")
    stale = hand.post("/decide", group=1, expected=99, decision="pass", reason="a city")
    assert stale.status_code == 409
    assert "4 findings wait now" in stale.text
    done = hand.post("/decide", group=1, expected=4, decision="pass", preset="a place or an organisation, not a person")
    assert done.status_code == 303
    assert [state(ledger, number) for number in (1, 2, 3, 4)] == [State.RELEASED] * 4
    page = hand.get(done.headers["location"]).text
    assert "4 findings" in page
    assert "Undo" in page


def test_a_decision_can_be_taken_back_from_the_page_that_tells_of_it(log_in, waiting, ledger):
    hand = log_in("vera")
    done = hand.post("/decide", findings=str(waiting[0]), decision="fail", reason="a name")
    assert state(ledger, 1) is State.REJECTED
    number = re.search(r"done=(\d+)", done.headers["location"])[1]
    assert hand.post(f"/decisions/{number}/undo", then="/queue").status_code == 303
    assert state(ledger, 1) is State.HELD
    again = hand.post(f"/decisions/{number}/undo")
    assert again.status_code == 422
    assert "could be undone" in again.text


def test_a_decision_needs_a_reason_and_something_that_it_is_about(log_in, waiting):
    hand = log_in("vera")
    for fields in (
        {"findings": str(waiting[0]), "decision": "pass"},
        {"findings": str(waiting[0]), "decision": "pass", "reason": "   "},
        {"findings": "", "decision": "pass", "reason": "a city"},
        {"findings": "1 OR 1=1", "decision": "pass", "reason": "a city"},
        {"findings": str(waiting[0]), "decision": "maybe", "reason": "a city"},
        {"findings": str(waiting[0]), "reason": "a city"},
    ):
        assert hand.post("/decide", **fields).status_code == 422, fields
    assert hand.get(f"/findings/{waiting[0]}").text.count("data-decide") == 1


def test_what_somebody_else_has_decided_is_said_and_not_decided_twice(log_in, waiting):
    vera, olga = log_in("vera"), log_in("olga")
    fields = {"findings": str(waiting[0]), "decision": "pass", "reason": "a city"}
    assert vera.post("/decide", **fields).status_code == 303
    late = olga.post("/decide", **fields)
    assert late.status_code == 409
    assert "somebody has decided" in late.text


def test_after_a_decision_one_is_led_to_a_page_of_this_site(log_in, waiting):
    hand = log_in("vera")
    fields = {"decision": "pass", "reason": "a city"}
    done = hand.post("/decide", findings=str(waiting[0]), then="https://evil.example/", **fields)
    assert done.headers["location"].startswith("/queue?done=")
    done = hand.post("/decide", findings=str(waiting[1]), then="/findings/3?words=ab", **fields)
    assert re.fullmatch(r"/findings/3\?words=ab&done=\d+", done.headers["location"])


def test_a_rule_ignores_the_words_from_now_on_and_can_be_revoked(log_in, waiting, ledger):
    hand = log_in("vera")
    done = hand.post("/rules", finding=waiting[0], scope="element", reason="the city")
    assert done.status_code == 303
    assert [state(ledger, number) for number in (1, 2, 3, 4)] == [State.RELEASED] * 3 + [State.HELD]
    page = hand.get("/rules").text
    assert "the city" in page
    assert "Bath" in page
    [rule] = ledger.reviews.rules()
    assert hand.post(f"/rules/{rule.id}/revoke").status_code == 303
    assert hand.post(f"/rules/{rule.id}/revoke").status_code == 422
    hold(ledger, 1, lambda _: [named("Bath chest", "Bath")], project="more")
    assert hand.post("/rules", finding=waiting[3], scope="everything", reason="x").status_code == 422
    assert hand.post("/rules", finding=waiting[3], scope="anywhere", reason="").status_code == 422
    assert hand.post("/rules", finding=999_999, scope="anywhere", reason="x").status_code == 404


def test_two_different_people_release_and_the_second_is_a_releaser(log_in, ledger, people):
    hold(ledger, 2, lambda _: [], project="careful", gate="two-person")
    people.add("vito", Role.REVIEWER, "five invented words, no more", by="test")
    first, second = [one.id for one in ledger.reviews.open()]
    number = ledger.reviews.some([first])[0].subject.study_id
    vera, vito, olga = log_in("vera"), log_in("vito"), log_in("olga")
    fields = {"decision": "pass", "reason": "I have looked", "then": "/release"}

    assert vera.post("/decide", findings=str(first), **fields).status_code == 303
    assert state(ledger, number) is State.HELD
    assert vera.post("/decide", findings=str(first), **fields).status_code in (403, 422)
    assert vito.post("/decide", findings=str(first), **fields).status_code == 422
    assert "waits for a releaser" in vito.get("/release").text
    assert "waits for another person" in vera.get("/release").text
    assert state(ledger, number) is State.HELD
    assert "Release it" in olga.get("/release").text
    assert olga.post("/decide", findings=str(first), **fields).status_code == 303
    assert state(ledger, number) is State.RELEASED

    assert olga.post("/decide", findings=str(second), **fields).status_code == 303
    assert olga.post("/decide", findings=str(second), **fields).status_code == 422
    assert vito.post("/decide", findings=f"{second}", **fields).status_code == 422


def test_reviewers_pass_many_at_once_and_a_releaser_lets_them_go(log_in, ledger, people):
    hold(ledger, 2, lambda _: [], project="careful", gate="two-person")
    people.add("vito", Role.REVIEWER, "five invented words, no more", by="test")
    group = ledger.reviews.open()[0].group_id
    fields = {"group": group, "decision": "pass", "reason": "I have looked"}
    assert log_in("vera").post("/decide", **fields).status_code == 303
    refused = log_in("vito").post("/decide", **fields)
    assert refused.status_code == 422
    assert "needs the role releaser" in refused.text
    assert len(ledger.overview.releases()) == 2
    assert log_in("olga").post("/decide", **fields).status_code == 303
    assert ledger.overview.releases() == []


def test_a_study_is_shown_with_its_findings_even_when_no_picture_can_be(log_in, waiting):
    page = log_in("vera").get("/studies/1").text
    assert "Bath" in page
    assert "No picture: Orthanc did not answer" in page
    assert log_in("vera").get("/studies/999").status_code == 404
    assert log_in("vera").get("/pictures/1/2.25.91/0.png").status_code == 503
    assert log_in("vera").get("/pictures/1/no-such-series/0.png").status_code == 404


def test_the_elements_of_an_instance_say_why_they_cannot_be_shown(log_in, waiting):
    page = log_in("vera").get(f"/findings/{waiting[0]}/elements").text
    assert "Orthanc did not answer" in page
    assert log_in("vera").get("/findings/999/elements").status_code == 404
    assert "Orthanc did not answer" in log_in("vera").get("/studies/1/elements?series=2.25.91").text
    assert "no such instance" in log_in("vera").get("/studies/1/elements?series=no").text
    assert log_in("vera").get("/studies/999/elements").status_code == 404


def test_what_a_checker_found_cannot_become_a_part_of_the_page(log_in, ledger):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    found = Finding(checker="<b>rules", kind="name", reason="a <i>name", where="(0008,1030)", value=evil, device=evil)
    hold(ledger, 1, lambda _: [found])
    hand = log_in("vera")
    for path in ("/queue", "/groups/1", "/findings/1", "/studies/1", "/studies"):
        text = hand.get(path).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "<b>rules" not in text
        assert "<i>name" not in text


def test_a_report_is_shown_with_what_was_found_marked_and_decided_like_an_image(log_in, ledger):
    line = "Discussed with Mrs Ashbury by telephone."
    found = named(line, "Ashbury", where="report", instance=None)
    number = hold_report(ledger, f"Clear lungs.\n{line}\nNo effusion.", [found])
    hand = log_in("vera")
    page = hand.get(f"/reports/{number}").text
    assert re.search(r"<mark[^>]*>Ashbury</mark>", page)
    assert "certainty 71 %" in page
    [waits] = [one for one in ledger.reviews.open() if one.subject.report_id]
    assert "Redact" in hand.get(f"/findings/{waits.id}").text
    assert hand.post("/decide", findings=str(waits.id), decision="redact", reason="a name").status_code == 303
    assert ledger.reports.report(number).state is ReportState.REQUESTED
    assert "[NAME]" in ledger.reports.report(number).output
    assert hand.get("/reports/999").status_code == 404
    assert hand.get("/queue?subject=report").status_code == 200


def test_the_progress_page_adds_up_and_the_audit_page_shows_who_did_what(log_in, waiting):
    hand = log_in("adam")
    hand.post("/decide", findings=str(waiting[0]), decision="pass", reason="a city")
    page = re.sub(r"<[^>]+>|\s+", " ", hand.get("/progress").text)
    page = re.sub(r"\s+", " ", page)
    assert "requested 4 = exported 0 + in flight 1 + held 3 + rejected 0 + missing 0 + failed 0" in page
    assert "a city" in hand.get("/decisions").text
    audit = hand.get("/audit").text
    assert "verdict" in audit
    assert "vera" in audit


def test_a_sampled_report_is_in_the_queue_with_the_others_and_its_estimate_on_the_progress_page(
    log_in, ledger, waiting
):
    chance = ReportEnding(state=ReportState.HELD, reason=LOOK.reason, look=LOOK, is_sample=True)
    number = hold_report(ledger, "Clear lungs, says Ann.", [], project="chests", held=chance)
    hand = log_in("adam")
    assert LOOK.kind in hand.get("/queue?subject=report").text
    assert "sample" not in hand.get("/queue?subject=report").text + hand.get(f"/reports/{number}").text
    [waits] = [one for one in ledger.reviews.open() if one.subject.report_id]
    assert 'value="redact"' not in hand.get(f"/findings/{waits.id}").text
    done = hand.post(f"/reports/{number}/words", words="Ann", reason="a name is left")
    assert done.headers["location"].startswith(f"/reports/{number}?")
    assert hand.post(f"/reports/{number}/words", words="Berta", reason="a name is left").status_code == 422
    hand.post("/decide", findings=str(waits.id), decision="pass", reason="the rest is fine")
    assert ledger.reports.report(number).output == "Clear lungs, says [REDACTED]."
    page = re.sub(r"\s+", " ", hand.get("/progress").text)
    assert "Of 1 sampled report that had passed, 1 should not have: 100.0 %" in page


def test_a_reader_sees_decisions_neither_by_their_page_nor_by_their_number(log_in, waiting):
    vera, rita = log_in("vera"), log_in("rita")
    done = vera.post("/decide", findings=str(waiting[0]), decision="pass", reason="a very special reason")
    number = re.search(r"done=(\d+)", done.headers["location"])[1]
    assert "special reason" not in rita.get(f"/progress?done={number}").text
    for odd in ("x", "-1", "9" * 40, "1;2", ""):
        assert rita.get(f"/progress?done={odd}").status_code == 200


def test_dates_that_are_no_dates_do_not_break_a_page(log_in):
    hand = log_in("vera")
    for path in ("/studies?after=nonsense", "/studies?after=2026-01-01_x", "/studies?limit=0", "/studies?state=odd"):
        assert hand.get(path).status_code in (200, 422), path
    for path in (
        "/progress?days=100000",
        "/findings/1?slide=-1",
        "/findings/1?centre=nan",
        "/findings/x",
        "/findings/1e9",
    ):
        assert hand.get(path).status_code in (404, 422), path
    assert hand.get("/decisions?before=99999999999999999999").status_code in (200, 404, 422)
