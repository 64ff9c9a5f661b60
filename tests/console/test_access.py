"""Who gets in, who gets where, and what is written about it."""

from __future__ import annotations

import re

import psycopg
import pytest
from fastapi.routing import APIRoute

from console.access import HEADERS, LOGIN_COOKIE, SESSION_COOKIE, local
from console.main import make_app
from pixl.domain.errors import ConfigurationError
from pixl.domain.person import Role
from pixl.ledger.people import ADDRESS_FAILURES, NAME_FAILURES, Lifetimes, LoginRefused

pytestmark = pytest.mark.servers
PASSWORD = "five invented words, no more"
OPEN = {"GET /login", "POST /login", "GET /login/oidc", "GET /login/oidc/back", "GET /heart-beat"}
NEEDS = {
    "GET /": Role.READER,
    "POST /logout": Role.READER,
    "GET /account": Role.READER,
    "POST /account": Role.READER,
    "POST /account/tokens": Role.REVIEWER,
    "POST /account/tokens/{number}/end": Role.READER,
    "GET /progress": Role.READER,
    "GET /queue": Role.REVIEWER,
    "GET /groups/{number}": Role.REVIEWER,
    "GET /studies": Role.REVIEWER,
    "GET /findings/{number}": Role.REVIEWER,
    "GET /findings/{number}/elements": Role.REVIEWER,
    "GET /studies/{number}": Role.REVIEWER,
    "GET /studies/{number}/elements": Role.REVIEWER,
    "GET /reports/{number}": Role.REVIEWER,
    "GET /pictures/{study_id}/{series}/{number}.png": Role.REVIEWER,
    "POST /reports/{number}/words": Role.REVIEWER,
    "POST /decide": Role.REVIEWER,
    "POST /decisions/{number}/undo": Role.REVIEWER,
    "GET /decisions": Role.REVIEWER,
    "GET /rules": Role.REVIEWER,
    "POST /rules": Role.REVIEWER,
    "POST /rules/{number}/revoke": Role.REVIEWER,
    "GET /release": Role.REVIEWER,
    "GET /audit": Role.ADMIN,
}
NAMES = {Role.READER: "rita", Role.REVIEWER: "vera", Role.RELEASER: "olga", Role.ADMIN: "adam"}


def routes(app):
    found = {}

    def walk(some):
        for route in some:
            if isinstance(route, APIRoute):
                found.update({f"{method} {route.path}": route for method in route.methods})
            elif hasattr(route, "original_router"):
                walk(route.original_router.routes)

    walk(app.routes)
    return found


def events(people):
    return [(one.event.who, one.event.what, one.event.subject) for one in people.trail()]


def test_every_route_is_in_this_files_table(house):
    assert set(routes(make_app(house))) == OPEN | set(NEEDS)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_what_it_may_and_nothing_else(log_in, role):
    hand = log_in(NAMES[role])
    for name, least in NEEDS.items():
        method, path = name.split()
        path = re.sub(r"{\w+}", "1", path)
        if path in ("/logout", "/account"):
            continue
        answer = hand.get(path) if method == "GET" else hand.post(path)
        assert (answer.status_code == 403) is not role.includes(least), f"{role}: {name} {answer.status_code}"


def test_a_stranger_gets_nothing_but_the_page_to_log_in(stranger):
    for name in NEEDS:
        method, path = name.split()
        answer = stranger.client.request(method, re.sub(r"{\w+}", "1", path))
        assert answer.status_code == (303 if method == "GET" else 401 if method == "POST" else 0), name
        assert "Queue" not in answer.text
    assert stranger.get("/queue?kind=name").headers["location"] == "/login?then=%2Fqueue%3Fkind%3Dname"
    assert stranger.get("/heart-beat").json() == {"status": "alive"}
    assert stranger.get("/static/console.css").status_code == 200
    assert stranger.get("/static/../main.py").status_code in (303, 404)


def test_who_logs_in_is_led_to_where_they_wanted_to_go(stranger):
    answer = stranger.sign_in("vera", then="/studies?state=held")
    assert (answer.status_code, answer.headers["location"]) == (303, "/studies?state=held")
    assert stranger.get("/queue").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\\evil.example",
        "\\\\evil",
        "",
        "/a\nb",
        "//",
    ],
)
def test_nobody_is_led_to_another_site(path):
    assert local(path, "/") == "/"


def test_a_wrong_password_and_a_name_that_there_is_not_look_the_same(stranger):
    wrong, nobody = stranger.sign_in("vera", "not the password!"), stranger.sign_in("nobody", "not the password!")
    assert wrong.status_code == nobody.status_code == 403
    clean = [re.sub(r'value="[^"]*"', "", page.text) for page in (wrong, nobody)]
    assert clean[0] == clean[1]
    assert SESSION_COOKIE not in stranger.cookies
    for odd in ("", "\0", "vera\0", "a" * 500, "Ω", "' OR 1=1 --"):
        assert stranger.sign_in(odd, "not the password!").status_code in (403, 422)


def test_a_name_is_throttled_after_some_failures_even_with_the_right_password(stranger):
    for _ in range(NAME_FAILURES):
        assert stranger.sign_in("vera", "not the password!").status_code == 403
    assert stranger.sign_in("vera").status_code == 429
    assert stranger.sign_in("olga").status_code == 303


def test_an_address_is_throttled_whatever_names_it_tries(people):
    for number in range(ADDRESS_FAILURES):
        with pytest.raises(LoginRefused, match="wrong"):
            people.log_in(f"name{number}", "not the password!", address="10.0.0.9")
    with pytest.raises(LoginRefused, match="Too many"):
        people.log_in("vera", PASSWORD, address="10.0.0.9")
    assert people.log_in("vera", PASSWORD, address="10.0.0.8")


def test_a_login_makes_a_new_session_and_ends_the_one_that_the_browser_brought(log_in):
    hand = log_in("vera")
    before = hand.cookies[SESSION_COOKIE]
    hand.sign_in("vera")
    after = hand.cookies[SESSION_COOKIE]
    assert before != after
    hand.client.cookies.clear()
    hand.client.cookies.set(SESSION_COOKIE, before)
    assert hand.get("/queue").status_code == 303


def test_a_session_that_somebody_made_up_is_none(stranger):
    fixed = {"Cookie": f"{SESSION_COOKIE}=fixed-by-somebody-else"}
    token = stranger.csrf("/login")
    fields = {"csrf": token, "name": "vera", "password": PASSWORD}
    both = {"Cookie": f"{LOGIN_COOKIE}={token}; {fixed['Cookie']}"}
    answer = stranger.client.post("/login", data=fields, headers=both)
    assert answer.status_code == 303
    assert "fixed-by-somebody-else" not in answer.headers["set-cookie"]
    stranger.client.cookies.clear()
    assert stranger.client.get("/queue", headers=fixed).status_code == 303


def test_the_session_cookie_is_for_this_site_and_for_no_script(stranger, open_console, people):
    header = stranger.sign_in("vera").headers["set-cookie"]
    assert all(word in header for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert "Secure" not in header
    encrypted = open_console(url="https://console")
    token = re.search(r'name="csrf" value="([^"]+)"', encrypted.get("/login").text)[1]
    answer = encrypted.post("/login", data={"csrf": token, "name": "vera", "password": PASSWORD})
    assert "Secure" in answer.headers["set-cookie"]


def test_the_database_holds_neither_passwords_nor_tokens(log_in, ledger):
    token = log_in("vera").cookies[SESSION_COOKIE]
    with ledger._pool.connection() as connection:
        people = connection.execute("SELECT password FROM person").fetchall()
        sessions = connection.execute("SELECT token FROM console_session").fetchall()
    assert all(row["password"].startswith("$argon2id$") and PASSWORD not in row["password"] for row in people)
    assert token.encode() not in b"".join(bytes(row["token"]) for row in sessions)


def test_a_form_without_its_token_or_with_anothers_is_refused(log_in, waiting):
    vera, olga = log_in("vera"), log_in("olga")
    fields = {"findings": str(waiting[0]), "decision": "pass", "reason": "no name"}
    for token in ("", "x", olga.csrf(), vera.cookies[SESSION_COOKIE]):
        assert vera.client.post("/decide", data={**fields, "csrf": token}).status_code == 403
    assert vera.client.post("/decide", data=fields).status_code == 403
    assert vera.client.post("/logout").status_code == 403
    assert vera.post("/decide", **fields).status_code == 303


def test_a_form_of_another_site_is_refused_before_it_is_read(log_in):
    hand = log_in("vera")
    for where in ("cross-site", "same-site"):
        data = {"csrf": hand.csrf()}
        answer = hand.client.post("/logout", data=data, headers={"Sec-Fetch-Site": where})
        assert answer.status_code == 403
    assert hand.get("/queue").status_code == 200


def test_a_login_form_of_another_site_is_refused(stranger):
    stranger.get("/login")
    fields = {"name": "vera", "password": PASSWORD}
    assert stranger.client.post("/login", data={**fields, "csrf": "guessed"}).status_code == 403
    stranger.client.cookies.delete(LOGIN_COOKIE)
    assert stranger.client.post("/login", data={**fields, "csrf": ""}).status_code == 403


def test_other_methods_and_large_forms_are_refused(log_in):
    hand = log_in("vera")
    assert hand.client.put("/decide").status_code == 405
    assert hand.client.delete("/queue").status_code == 405
    assert hand.client.post("/decide", data={"reason": "x" * 100_000}).status_code == 413


def test_every_answer_forbids_frames_foreign_scripts_and_caches(log_in, stranger):
    for answer in (stranger.get("/login"), log_in("vera").get("/queue"), stranger.get("/queue")):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers["cache-control"] == "no-store"
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_no_page_has_a_script_or_a_style_in_it(log_in, waiting):
    hand = log_in("adam")
    for path in ("/queue", "/groups/1", f"/findings/{waiting[0]}", "/studies", "/studies/1", "/progress", "/audit"):
        text = hand.get(path).text
        assert not re.search(r"<script(?![^>]*src=\"/static/)|\son\w+=|style=|javascript:", text), path


def test_an_idle_session_ends_and_so_does_a_long_one(log_in):
    assert log_in("vera").get("/queue").status_code == 200
    for lifetimes in (Lifetimes(idle_seconds=0), Lifetimes(longest_seconds=0)):
        assert log_in("vera", lifetimes=lifetimes).get("/queue").status_code == 303


def test_a_session_does_not_outlive_its_limit_by_a_clock_that_is_set_back(log_in, database, postgres):
    hand = log_in("vera")
    assert hand.get("/queue").status_code == 200
    with psycopg.connect(database, password=postgres.password) as connection:
        connection.execute(
            "UPDATE console_session SET since = since + interval '1 day', seen = seen + interval '1 day'"
        )
    assert hand.get("/queue").status_code == 303


def test_logins_that_failed_before_the_clock_was_set_back_lock_nobody_out(people, database, postgres):
    with psycopg.connect(database, password=postgres.password) as connection:
        connection.execute(
            "INSERT INTO login_failure (at, who, address)"
            " SELECT now() + interval '1 day', '', 'here' FROM generate_series(1, 100)"
        )
    assert people.log_in("vera", PASSWORD, address="here")


def test_logging_out_ends_the_session_on_the_server(log_in):
    hand = log_in("vera")
    token = hand.cookies[SESSION_COOKIE]
    assert hand.post("/logout").headers["location"] == "/login"
    hand.client.cookies.set(SESSION_COOKIE, token)
    assert hand.get("/queue").status_code == 303


def test_who_is_removed_or_gets_a_new_password_is_logged_out_at_once(log_in, people):
    vera, olga = log_in("vera"), log_in("olga")
    people.remove("vera", by="test")
    people.set_password("olga", "six other invented words, say", by="test")
    assert vera.get("/queue").status_code == olga.get("/queue").status_code == 303
    assert vera.sign_in("vera").status_code == 403
    with pytest.raises(ConfigurationError, match="another name"):
        people.add("vera", Role.ADMIN, PASSWORD, by="test")


def test_a_new_role_holds_from_the_next_click(log_in, people):
    hand = log_in("vera")
    people.set_role("vera", Role.READER, by="test")
    assert hand.get("/queue").status_code == 403


def test_people_change_their_own_password_by_giving_the_old_one(log_in):
    here, elsewhere = log_in("vera"), log_in("vera")
    new = "another handful of plain words"
    refused = here.post("/account", current="not the password!", password=new, again=new)
    assert refused.status_code == 422
    assert here.post("/account", current=PASSWORD, password=new, again=f"{new} too").status_code == 422
    assert here.post("/account", current=PASSWORD, password=new, again=new).status_code == 200
    assert here.get("/queue").status_code == 200
    assert elsewhere.get("/queue").status_code == 303
    assert elsewhere.sign_in("vera", new).status_code == 303


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaaaaaa", "newcomer and nothing else", "x" * 2000])
def test_a_weak_password_is_refused(people, weak):
    with pytest.raises(ConfigurationError, match="password"):
        people.add("newcomer", Role.READER, weak, by="test")


def test_logins_and_what_was_looked_at_are_in_the_audit_trail(log_in, people, waiting):
    hand = log_in("vera")
    hand.get("/queue")
    hand.get(f"/findings/{waiting[0]}")
    hand.post("/logout")
    hand.sign_in("vera", "not the password!")
    hand.sign_in("my-password-in-the-wrong-field", "x" * 20)
    found = events(people)
    assert ("vera", "login", "user vera") in found
    assert ("vera", "look-up", "the queue") in found
    assert ("vera", "look-up", f"finding {waiting[0]}") in found
    assert ("vera", "logout", "user vera") in found
    assert ("vera", "login-failed", "user vera") in found
    assert ("somebody", "login-failed", "user unknown name") in found
    assert not any("wrong-field" in str(one) for one in found)


def test_a_reader_is_shown_no_value(log_in, waiting):
    hand = log_in("rita")
    for path in ("/", "/progress", "/account", "/progress?project=lungs"):
        answer = hand.client.get(path, follow_redirects=True)
        assert answer.status_code == 200
        assert not any(word in answer.text for word in ("Bath", "Quill", "2.25."))


def test_a_database_that_is_away_is_said_on_the_page(log_in, ledger):
    hand = log_in("vera")
    ledger._pool.close()
    answer = hand.get("/queue")
    assert answer.status_code == 503
    assert "database does not answer" in answer.text


def test_a_bug_is_said_and_logged_without_what_it_was_about(log_in, ledger, monkeypatch, caplog):
    hand = log_in("vera")

    name = "ashbury^marigold".upper()

    def break_down(*_, **__):
        raise KeyError(name)

    monkeypatch.setattr(ledger.reviews, "groups", break_down)
    answer = hand.get("/queue")
    assert answer.status_code == 500
    assert "KeyError" in caplog.text
    assert name not in answer.text + caplog.text
    assert answer.headers["x-frame-options"] == "DENY"
