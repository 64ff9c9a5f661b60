"""The console in a real browser, over a real ledger and two real Orthancs. `PIXL_TEST_SCREENSHOTS` says where to."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

import argon2
import pytest
import uvicorn
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from console.house import House
from console.main import make_app
from console.originals import Originals
from console.pages import Pages
from console.pictures import Pictures
from pixl.domain.finding import Finding, Part
from pixl.domain.person import Role
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.domain.state import State
from pixl.domain.vouching import OpenId
from pixl.hashing import KeyedPseudonymiser
from pixl.ledger import Ledger, SeriesOutput, migrate
from pixl.ledger.people import Lifetimes
from pixl.oidc import OpenIdProvider
from pixl.stack.ports import free_port
from pixl.testing.openid import CLIENT_ID, CLIENT_SECRET, OpenIdStandIn
from pixl.testing.real_orthanc import RealOrthanc
from pixl.testing.review_queue import Written, burned_in, head, hold, hold_report, named, settle

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1360,900",
    "--ignore-certificate-errors",  # of the invented hospital's login; the console itself verifies them
)
PASSWORD = "five invented words, no more"
PSEUDONYMS = KeyedPseudonymiser(b"k" * 64)
SLICES = 8
LINE = "ASHBURY MARIGOLD  12/03/1961"
SHOTS = os.environ.get("PIXL_TEST_SCREENSHOTS", "")


def new_uid(uid):
    [new] = PSEUDONYMS.pseudonyms([PseudonymQuery(value=uid, kind=PseudonymKind.UID)])
    return new


def study_uid(number):
    return f"1.2.826.0.1.{sum(map(ord, 'lungs'))}.{number}"


def instances(number, *, original):
    """The slices of a study, as the archive had them or as they have become."""
    uid = study_uid(number)
    for index in range(1, SLICES + 1):
        uids = {"SOPInstanceUID": f"{uid}.1.{index}", "SeriesInstanceUID": f"{uid}.1", "StudyInstanceUID": uid}
        elements = {
            "PatientName": "ASHBURY^MARIGOLD",
            "PatientID": "M000001",
            "PatientBirthDate": "19610312",
            "AccessionNumber": "A000001",
            "StudyDescription": "Head for Mrs Ashbury",
            "SeriesDescription": "Axial 5 mm",
            "Manufacturer": "Invented Imaging",
            "ManufacturerModelName": "Tomograph 3",
            "StudyDate": "20260504",
            **uids,
        }
        if not original:
            elements |= {name: new_uid(value) for name, value in uids.items()}
            elements |= {"PatientName": "", "PatientID": "8f2c41", "AccessionNumber": "c02b77", "StudyDate": "20250611"}
            elements.pop("PatientBirthDate")
        written = [Written(text=LINE, left=18, top=30)] if index == 3 else []
        yield head(index, SLICES, elements=elements, written=written)


LINES = "I have discussed this with Mrs Ashbury and her daughter."
REPORT = f"""CLINICAL DETAILS:
Day 4 after laparotomy, temperature. ?collection. Under the care of [NAME].

FINDINGS:
Comparison with the study of [DATE]. No collection. The gallbladder holds several calculi, its wall is not thickened.
A simple cyst of 14 mm at the upper pole of the left kidney.

IMPRESSION:
No acute abnormality. {LINES}
Reported by [NAME], [DATE]."""
REPORTED = Finding(
    checker="report-shapes", kind="name", reason="the second method sees what looks like an identifier: behind a title",
    where="report", value=LINES, parts=(Part(word="Ashbury", kind="name", offset=31),), confidence=0.9,
)  # fmt: skip
ENDS = {
    (State.EXPORTED, None): 412,
    (State.REQUESTED, None): 61,
    (State.RELEASED, None): 18,
    (State.MISSING, "no archive has it"): 37,
    (State.REJECTED, "nothing of it is wanted: the modality SR is not one of the project's"): 22,
    (State.REJECTED, "it failed review"): 4,
    (State.FAILED, "orthanc-anon did not answer (20 tries)"): 3,
}
DECIDED = [("pass", 212), ("redact", 31), ("fail", 9), ("pass", 96), ("pass", 40), ("undo", 12), ("redact", 22)]


def history(ledger):
    """Let a month have passed."""
    mrn = Finding(
        checker="known-values", kind="mrn", reason="the patient's number is in this element", where="(0040,0275)",
        value="M000321", parts=(Part(word="M000321", kind="mrn", offset=0),), instance="2.25.5", device="Invented 7",
    )  # fmt: skip
    hold(ledger, 9, lambda number: [mrn, mrn][: 1 + number % 2], project="stroke-ct")
    settle(ledger, "stroke-ct", ENDS, days=28)
    query = (
        "INSERT INTO decision (project, decision, reason, by, at, findings, subjects) "
        "VALUES ('stroke-ct', %s, 'invented', 'vera', clock_timestamp() - make_interval(days => %s), %s, 1)"
    )
    with ledger._pool.connection() as connection:
        for day in range(27):
            decision, count = DECIDED[day % len(DECIDED)]
            connection.execute(query, [decision, day, count + 7 * day % 60])


def fill(ledger, raw, anon):
    for number in (1, 2, 3):
        for data in instances(number, original=True):
            raw.upload(data)
        for data in instances(number, original=False):
            anon.upload(data)

    def series(number):
        if number > 3:
            return SeriesOutput(series=f"2.25.88{number}", anon_id="gone", instances=SLICES)
        stored = anon.studies_by_uid(new_uid(study_uid(number)))[0]
        [one] = anon.series_of(stored.orthanc_id)
        return SeriesOutput(series=one.series_uid, anon_id=one.orthanc_id, instances=SLICES)

    device = "Invented Imaging Tomograph 3"

    def found(number):
        instance = new_uid(f"{study_uid(number)}.1.3")
        if number <= 3:
            yield burned_in(LINE, instance=instance, left=16, top=30)
        yield named("Head for Mrs Ashbury", "Ashbury", instance=instance, device=device)
        if number % 3 == 0:
            yield named("Bath protocol 2", "Bath", where="(0018,1030)", instance=instance, device=device)

    hold(ledger, 14, found, series=series)
    extra = Finding(
        checker="rules", kind="phone", reason="this looks like a telephone number", where="(0040,A730)[2].(0040,A160)",
        value="call ward on 0113 496 0123", parts=(Part(word="0113 496 0123", kind="phone", offset=13),),
        instance="2.25.4", device="Invented Reporting 1",
    )  # fmt: skip
    hold(ledger, 6, lambda number: [extra] * (1 + number % 2), project="hearts")
    hold(ledger, 3, lambda _: [], project="hearts-two", gate="two-person")
    history(ledger)
    hold_report(ledger, REPORT, [REPORTED])
    for study in ledger.reviews.studies(("hearts",), limit=2):
        ledger.advance(study.id, State.RELEASED, before={State.HELD}, reason="it passed review")
        ledger.advance(study.id, State.EXPORTING, before={State.RELEASED})
        ledger.advance(study.id, State.EXPORTED, before={State.EXPORTING})


@pytest.fixture(scope="module")
def orthancs(tmp_path_factory):
    started = [RealOrthanc(folder=tmp_path_factory.mktemp(name)).start() for name in ("raw", "anon")]
    yield [one.client() for one in started]
    for one in started:
        one.stop()


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    with OpenIdStandIn(tmp_path_factory.mktemp("hospital")) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def console(postgres, orthancs, hospital):
    """The address of a console, and the ledger behind it."""
    database = postgres.new_database()
    migrate(database, postgres.password)
    raw, anon = orthancs
    with Ledger.open(database, password=postgres.password, key=os.urandom(32).hex().encode()) as ledger:
        ledger.people._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        for name, role in (
            ("rita", Role.READER),
            ("vera", Role.REVIEWER),
            ("olga", Role.RELEASER),
            ("adam", Role.ADMIN),
        ):
            ledger.people.add(name, role, PASSWORD, by="test")
        fill(ledger, raw, anon)
        port = free_port()
        options = OpenId(
            issuer=hospital.issuer,
            client_id=CLIENT_ID,
            roles=((Role.RELEASER, "pixl-releasers"),),
            ca=hospital.ca,
        )
        back = f"http://127.0.0.1:{port}/login/oidc/back"
        house = House(
            ledger=ledger,
            pictures=Pictures(anon),
            originals=Originals(raw, anon, lambda _: PSEUDONYMS),
            pages=Pages(ledger.overview.decision),
            lifetimes=Lifetimes(),
            hospital=OpenIdProvider(options, secret=lambda: CLIENT_SECRET, redirect_uri=back),
        )
        server = uvicorn.Server(uvicorn.Config(make_app(house), host="127.0.0.1", port=port, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", ledger
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("needs a browser: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


class Page:
    """What a person does at the console, as short words."""

    def __init__(self, browser, url, folder):
        self.browser, self.url, self.folder = browser, url, folder

    def open(self, path):
        self.browser.get(f"{self.url}{path}")
        return self

    def log_in(self, name):
        self.browser.delete_all_cookies()
        self.open("/login")
        self.one("[name=name]").send_keys(name)
        self.one("[name=password]").send_keys(PASSWORD, Keys.ENTER)
        self.soon(lambda: self.all(".who"))
        return self

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector="main"):
        return self.one(selector).text

    def press(self, *keys):
        for key in keys:
            webdriver.ActionChains(self.browser).send_keys(key).perform()
        return self

    def soon(self, is_so, seconds=10):
        end = time.monotonic() + seconds
        while True:
            try:
                if is_so():
                    return
            except Exception:
                if time.monotonic() > end:
                    raise
            assert time.monotonic() < end, self.browser.current_url
            time.sleep(0.05)

    def path(self):
        return self.browser.current_url.removeprefix(self.url)

    def run(self, script):
        return self.browser.execute_script(script)

    def shoot(self, name):
        folder = Path(SHOTS) if SHOTS else self.folder
        self.browser.save_screenshot(str(folder / f"{name}.png"))


@pytest.fixture
def page(chromium, console, tmp_path):
    url, _ = console
    shown = Page(chromium, url, tmp_path)
    yield shown
    wrong = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert [line for line in wrong if "404" not in line and "403" not in line and "favicon" not in line] == []


@pytest.fixture
def ledger(console):
    return console[1]


def finding_in_pixels(ledger):
    return next(one for one in ledger.reviews.open() if one.finding.box)


def test_the_page_to_log_in(page):
    page.browser.delete_all_cookies()
    page.open("/queue")
    assert page.path().startswith("/login")
    page.shoot("console-login")


def test_the_hospitals_login_leads_there_and_back_to_the_page_that_was_wanted(page):
    page.browser.delete_all_cookies()
    page.open("/studies")
    page.one('a[href^="/login/oidc"]').click()
    page.soon(lambda: page.browser.title == "Invented hospital")
    page.one("#yes").click()
    page.soon(lambda: page.all(".who"))
    assert page.path() == "/studies"
    assert "oidc:f3a9-ann" in page.text(".who")
    page.open("/account")
    page.one('form[action="/account/tokens"] button').click()
    page.soon(lambda: page.all(".token"))
    page.shoot("console-account")


def test_who_turns_back_at_the_hospitals_login_is_told_so(page):
    page.browser.delete_all_cookies()
    page.open("/login").one('a[href^="/login/oidc"]').click()
    page.soon(lambda: page.browser.title == "Invented hospital")
    page.one("#no").click()
    page.soon(lambda: page.all(".problem"))
    assert "did not let you in" in page.text()
    page.shoot("console-turned-back")


def test_the_queue_shows_groups_and_keys_walk_through_it(page):
    page.log_in("vera").open("/queue")
    rows = page.all("[data-row]")
    assert len(rows) >= 3
    assert "14" in rows[0].text
    page.shoot("console-queue")
    page.press("j", "j", Keys.ENTER)
    page.soon(lambda: page.path().startswith("/groups/"))
    page.press("q")
    page.soon(lambda: page.path() == "/queue")
    page.press("?")
    page.soon(lambda: page.one("#help").is_displayed())
    page.shoot("console-keys")
    page.press(Keys.ESCAPE)
    page.press("g", "6")
    page.soon(lambda: page.path() == "/progress")


def test_a_finding_is_shown_in_its_frame_with_a_box_and_the_window_can_be_changed(page, ledger):
    this = finding_in_pixels(ledger)
    page.log_in("vera").open(f"/findings/{this.id}")
    page.soon(lambda: page.one("image").rect["width"] > 100)
    assert page.text("output[data-of=slide]") == "3"
    box, image = page.one("rect.box.this").rect, page.one("image").rect
    assert image["x"] < box["x"] < image["x"] + image["width"] / 2
    assert box["y"] < image["y"] + image["height"] / 5
    time.sleep(0.5)
    page.shoot("console-finding")

    before = page.one("image").get_attribute("href")
    page.press("+", "+", "[")
    page.soon(lambda: page.one("image").get_attribute("href") != before)
    page.press(".")
    page.soon(lambda: page.text("output[data-of=slide]") == "4")
    assert not page.one("rect.box.this").is_displayed()
    page.press(",", "x")
    page.soon(lambda: page.one("image").get_attribute("href") == before)
    page.press("o")
    assert page.all(".stage.turn-90")
    page.press("o", "o", "o", "b")
    assert not page.one("rect.box.this").is_displayed()
    page.press("b", "z", "z")
    assert page.one("rect.box.this").is_displayed()


def test_the_elements_before_and_after_are_shown_on_request_and_that_is_noted(page, ledger):
    this = finding_in_pixels(ledger)
    page.log_in("vera").open(f"/findings/{this.id}")
    assert "ASHBURY^MARIGOLD" not in page.browser.page_source
    page.press("e")
    page.soon(lambda: "ASHBURY^MARIGOLD" in page.text(".element-table"))
    row = next(row for row in page.all(".element-table tr") if "(0010,0010)" in row.text)
    assert "changed" in row.text or "removed" in row.text
    page.run("document.querySelector('.only input').click()")
    page.soon(lambda: not any(row.is_displayed() for row in page.all(".element-table tr.same")))
    page.run("document.querySelector('.elements').scrollIntoView()")
    page.run("window.scrollBy(0, -70)")
    page.shoot("console-elements")
    assert ("vera", "look-up-original") in {(one.event.who, one.event.what) for one in ledger.people.trail()}


def test_two_keys_decide_and_one_takes_it_back(page, ledger):
    this = finding_in_pixels(ledger)
    page.log_in("vera").open(f"/findings/{this.id}")
    page.press("p", "6")
    page.soon(lambda: page.all(".done.pass"))
    assert page.path().startswith("/findings/")
    assert f"/findings/{this.id}?" not in page.path()
    assert not ledger.reviews.some([this.id])[0].open
    page.press("u")
    page.soon(lambda: page.all(".done.undo"))
    assert ledger.reviews.some([this.id])[0].open


def test_one_decision_settles_a_whole_group_with_the_count_that_was_shown(page, ledger):
    page.log_in("vera").open("/queue?kind=phone")
    page.press("j", Keys.ENTER)
    page.soon(lambda: page.all("[data-decide]"))
    assert "All" in page.text(".decide legend")
    page.press("p")
    page.shoot("console-group")
    page.press("3")
    page.soon(lambda: page.all(".done.pass"))
    assert not [one for one in ledger.reviews.open() if one.finding.kind == "phone"]
    page.press("u")
    page.soon(lambda: page.all(".done.undo"))
    assert [one for one in ledger.reviews.open() if one.finding.kind == "phone"]


def test_a_decision_without_a_reason_asks_for_one(page, ledger):
    this = finding_in_pixels(ledger)
    page.log_in("vera").open(f"/findings/{this.id}")
    page.press("f")
    page.one(".decide .primary").click()
    assert page.path() == f"/findings/{this.id}"
    assert page.browser.switch_to.active_element.get_attribute("name") == "reason"
    assert ledger.reviews.some([this.id])[0].open


def test_words_are_ignored_from_now_on(page, ledger):
    page.log_in("vera").open("/queue?words=1")
    this = next(one for one in ledger.reviews.open() if one.finding.value == "Bath protocol 2")
    page.open(f"/findings/{this.id}")
    page.press("i")
    page.one(".ignore [name=reason]").send_keys("the city of Bath", Keys.ENTER)
    page.soon(lambda: page.path() != f"/findings/{this.id}")
    assert not [one for one in ledger.reviews.open() if one.finding.value == "Bath protocol 2"]
    page.open("/rules")
    assert "the city of Bath" in page.text()
    page.shoot("console-rules")


def test_two_people_release_a_study(page, ledger):
    page.log_in("vera").open("/release")
    page.shoot("console-release")
    study = next(iter(ledger.reviews.studies(("hearts-two",))))
    button = next(row for row in page.all("[data-row]") if f"Study {study.id}" in row.text)
    button.find_element(By.TAG_NAME, "button").click()
    page.soon(lambda: "waits for another person" in page.text())
    assert ledger.study(study.id).state is State.HELD
    page.log_in("olga").open("/release")
    page.one("button.primary").click()
    page.soon(lambda: page.all(".done.pass"))
    assert ledger.study(study.id).state is State.RELEASED


def test_everybody_sees_the_progress_and_it_adds_up(page, ledger):
    page.log_in("rita").open("/progress")
    assert "requested 14" in page.text().replace("\n", " ")
    page.open("/progress?project=stroke-ct")
    assert page.all("svg.sum rect")
    assert page.all(".chart rect.c-exported")
    page.browser.set_window_size(1360, 1180)
    page.shoot("console-progress")
    page.press("t")
    assert page.one("html").get_attribute("data-theme") in {"dark", "light"}
    page.shoot("console-progress-dark")
    page.press("t")
    page.browser.set_window_size(1360, 900)


def test_a_study_with_all_its_findings(page, ledger):
    study = next(iter(ledger.reviews.studies(("lungs",))))
    page.log_in("adam").open(f"/studies/{study.id}")
    assert "What became of it" in page.text()
    page.shoot("console-study")
    page.press(".", "e")
    page.soon(lambda: "ASHBURY^MARIGOLD" in page.text(".element-table"))
    page.open("/studies")
    page.shoot("console-studies")
    page.open("/audit")
    assert "login" in page.text()
    page.shoot("console-audit")


def test_a_report_is_read_with_its_findings_marked(page, ledger):
    [this] = [one for one in ledger.reviews.open() if one.subject.report_id]
    page.log_in("vera").open(f"/findings/{this.id}")
    assert page.text(".report mark.this") == "Ashbury"
    page.shoot("console-report")
    page.press("s")
    page.soon(lambda: page.path().startswith("/reports/"))
    page.press("r", "1")
    page.soon(lambda: page.all(".done.redact"))
    assert "[NAME] and her daughter" in ledger.reports.report(this.subject.report_id).output


def test_it_works_without_scripts(page, ledger):
    """The same forms, sent by the browser itself: what a script adds is speed."""
    this = finding_in_pixels(ledger)
    page.log_in("vera")
    page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open(f"/findings/{this.id}?slide=4&centre=300&width=900&turn=90")
        assert page.all(".stage.turn-90")
        page.one(".choice .pass input").click()
        page.one(".presets.pass label").click()
        page.one(".decide .primary").click()
        page.soon(lambda: page.all(".done.pass"))
        page.one(".done button").click()
        page.soon(lambda: page.all(".done.undo"))
    finally:
        page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert ledger.reviews.some([this.id])[0].open
