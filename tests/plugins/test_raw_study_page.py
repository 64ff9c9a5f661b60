"""Orthanc Explorer's study page in a real browser."""

from __future__ import annotations

import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from pixl.testing.real_orthanc import PASSWORD

pytestmark = pytest.mark.servers

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1300,900",
)


@pytest.fixture
def browser(tmp_path):
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs a browser: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'chromium'}"):
        options.add_argument(flag)
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


@pytest.fixture
def page(browser, cache, dicom, study_uid):
    """A study's page, opened as the user `admin`."""
    orthanc = cache()
    with orthanc.client() as client:
        client.upload(dicom(study_uid, SeriesDescription="Thorax 1 mm", StudyDescription="CT thorax"))
        study = client.study_by_uid(study_uid)
    where = orthanc.url.replace("http://", f"http://admin:{PASSWORD}@")
    browser.get(f"{where}/app/explorer.html#study?uuid={study.orthanc_id}")
    browser.orthanc = orthanc
    return browser


def text_of(page, selector="#pixl"):
    found = page.find_elements(By.CSS_SELECTOR, selector)
    return found[0].text if found else ""


def test_the_page_sends_a_study_and_shows_what_becomes_of_it(page, desk, soon, study_uid, tmp_path):
    soon(lambda: "No project has asked for this study." in text_of(page))
    soon(lambda: len(page.find_elements(By.CSS_SELECTOR, "#pixl-project option")) == 2)
    Select(page.find_element(By.ID, "pixl-project")).select_by_value("lung-ct")
    page.find_element(By.ID, "pixl-send").click()
    soon(lambda: "requested" in text_of(page, ".pixl-states"))
    assert "Sent to lung-ct" in text_of(page)

    desk.say(study_uid, ("lung-ct", "exported", None), ("knee-mr", "held", "1 instance could not be de-identified"))
    soon(lambda: "exported" in text_of(page, ".pixl-states"))
    assert "1 instance could not be de-identified" in text_of(page, ".pixl-states")
    page.save_screenshot(str(tmp_path / "study-page.png"))


def test_the_page_says_so_when_the_ledger_is_away_and_goes_on_when_it_is_back(page, desk, soon, tmp_path):
    soon(lambda: "No project has asked for this study." in text_of(page))
    desk.go_away()
    soon(lambda: "ledger does not answer" in text_of(page, ".pixl-away"))
    page.find_element(By.ID, "pixl-send").click()
    soon(lambda: "Not sent to knee-mr. PIXL's ledger does not answer." in text_of(page, ".pixl-message"))
    page.save_screenshot(str(tmp_path / "ledger-away.png"))
    desk.come_back()
    soon(lambda: page.find_elements(By.CSS_SELECTOR, ".pixl-away") and not text_of(page, ".pixl-away"))


def test_the_page_says_so_when_orthanc_is_away(page, desk, soon):
    soon(lambda: "No project has asked for this study." in text_of(page))
    page.orthanc.stop()
    soon(lambda: "orthanc-raw does not answer" in text_of(page, ".pixl-away"))


def test_a_reason_is_shown_as_text_and_never_becomes_markup(page, desk, soon, study_uid):
    soon(lambda: text_of(page))
    desk.say(study_uid, ("<b>x</b>", "failed", "<img src=x onerror=document.title='taken'>"))
    soon(lambda: "<img src=x" in text_of(page, ".pixl-states"))
    assert page.title != "taken"
