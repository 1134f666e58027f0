"""Signing in, and how it ends: wrong passwords, the lock, forged requests, expiry, sign-out."""

import json
from datetime import timedelta

import httpx
import psycopg
import pytest

from fenghe.api.sessions import COOKIE, IDLE
from fenghe.kernel.people.lockout import FAILURES_OF_A_NAME
from tests.api.serving import PASSWORD, Site


def cookies(answer: httpx.Response) -> dict[str, str]:
    return {line.split("=")[0]: line for line in answer.headers.get_list("set-cookie")}


def test_sign_in_tells_who_one_is_and_what_one_may_do(site: Site) -> None:
    site.person("li.na", "cs")
    browser = site.browser()
    answer = browser.sign_in("Li.Na ")
    assert answer.status_code == 200
    me = answer.json()
    assert (me["username"], me["roles"], me["shops"], me["locale"]) == ("li.na", ["cs"], None, "zh-CN")
    assert "orders.pii" in me["permissions"]
    assert "users.manage" not in me["permissions"]
    assert browser.get("/api/me").json() == me
    line = cookies(answer)[COOKIE]
    assert "HttpOnly" in line
    assert "SameSite=lax" in line
    assert site.log("session.open.done") == [("li.na", "127.0.0.1", "")]


def test_cookie_is_secure_behind_https(site: Site) -> None:
    site.person("wang", "cs")
    browser = site.browser()
    browser.client.headers["x-forwarded-proto"] = "https"
    first = browser.get("/api/me")
    assert "Secure" in cookies(first)["fenghe_csrf"]
    assert first.headers["strict-transport-security"]
    browser.plant("fenghe_csrf", cookies(first)["fenghe_csrf"].split("=")[1].split(";")[0])
    assert "Secure" in cookies(browser.sign_in("wang"))[COOKIE]


def test_wrong_password_and_unknown_name_are_told_alike(site: Site) -> None:
    site.person("wang", "cs")
    site.person("gone", "cs")
    site.sql("update person set active = false where username = 'gone'")
    tries = [("wang", "wrong password"), ("nobody", PASSWORD), ("gone", PASSWORD)]
    answers = [site.browser().sign_in(*one) for one in tries]
    assert {one.status_code for one in answers} == {401}
    said = [{name: value for name, value in one.json().items() if name != "trace"} for one in answers]
    assert said[0] == said[1] == said[2]
    assert said[0]["code"] == "sign_in_refused"
    names = [row[0] for row in site.log("session.open.refused")]
    assert names[0] == "wang"
    assert all(name.startswith("unknown:") for name in names[1:]), "what was typed may be a password: never kept"
    assert site.sql("select count(*) from web_session") == [(0,)]


def test_some_failures_lock_the_name_and_say_until_when(site: Site) -> None:
    site.person("wang", "cs")
    site.person("zhao", "cs")
    browser = site.browser()
    answers = [browser.sign_in("wang", "wrong password") for _ in range(FAILURES_OF_A_NAME)]
    assert [one.status_code for one in answers] == [401] * (FAILURES_OF_A_NAME - 1) + [429]
    right = browser.sign_in("wang")
    assert right.status_code == 429
    problem = right.json()
    assert problem["code"] == "sign_in_locked"
    assert "分钟后" in problem["detail"]
    assert 0 < int(right.headers["retry-after"]) <= 15 * 60
    assert len(site.log("session.open.refused")) == FAILURES_OF_A_NAME, "a locked door adds nothing to the log"
    assert browser.sign_in("zhao").status_code == 200


def test_the_lock_ends_by_itself(site: Site) -> None:
    site.person("wang", "cs")
    for minutes in (20, 19, 18, 17, 16):
        site.sql(
            "insert into access_log (at, person, ip, action) values (now() - %s, 'wang', '127.0.0.1', %s)",
            timedelta(minutes=minutes),
            "session.open.refused",
        )
    assert site.browser().sign_in("wang").status_code == 200


def test_sign_in_without_the_forgery_token_is_refused(site: Site) -> None:
    site.person("wang", "cs")
    browser = site.browser()
    body = {"username": "wang", "password": PASSWORD}
    bare = browser.client.post("/api/session", json=body)
    assert bare.status_code == 403
    assert bare.json()["code"] == "csrf_failed"
    browser.get("/api/me")
    for token in ("", "0" * 128, "x"):
        assert browser.client.post("/api/session", json=body, headers={"x-csrftoken": token}).status_code == 403
    assert browser.sign_in("wang").status_code == 200


def test_a_request_that_another_site_made_is_refused(site: Site) -> None:
    browser = site.signed_in("wang", "cs")
    for origin in ("cross-site", "same-site"):
        answer = browser.send("PATCH", "/api/me", {"locale": "en"}, **{"sec-fetch-site": origin})
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    answer = browser.send("PATCH", "/api/me", {"locale": "en"}, **{"sec-fetch-site": "same-origin"})
    assert answer.json()["locale"] == "en"


def test_the_forgery_cookie_comes_with_the_refusal_of_nobody(site: Site) -> None:
    answer = site.browser().get("/api/me")
    assert answer.status_code == 401
    assert "HttpOnly" not in cookies(answer)["fenghe_csrf"], "the screens read it"


def test_nobody_leaves_no_session_behind(site: Site) -> None:
    answer = site.browser().get("/api/me")
    assert COOKIE not in cookies(answer)
    assert site.sql("select count(*) from web_session") == [(0,)]


def test_a_planted_session_id_is_never_taken(site: Site) -> None:
    site.person("wang", "cs")
    browser = site.browser()
    browser.plant(COOKIE, "planted")
    answer = browser.sign_in("wang")
    fresh = cookies(answer)[COOKIE].split("=")[1].split(";")[0]
    assert fresh != "planted"
    assert len(fresh) == 64
    other = site.browser()
    other.plant(COOKIE, "planted")
    assert other.get("/api/me").status_code == 401
    assert site.sql("select count(*) from web_session where key in (%s, %s)", fresh, "planted") == [(0,)]


def test_signing_in_again_ends_the_session_before(site: Site) -> None:
    browser = site.signed_in("wang", "cs")
    before = browser.client.cookies[COOKIE]
    assert browser.sign_in("wang").status_code == 200
    assert browser.client.cookies[COOKIE] != before
    assert site.sql("select count(*) from web_session") == [(1,)]


def test_an_idle_session_ends_and_a_used_one_goes_on(site: Site) -> None:
    browser = site.signed_in("wang", "cs")
    site.sql("update web_session set expires_at = now() + interval '1 hour'")
    assert browser.get("/api/me").status_code == 200
    left = site.sql("select expires_at - now() from web_session")[0][0]
    assert left > IDLE - timedelta(minutes=1)
    site.sql("update web_session set expires_at = now() - interval '1 second'")
    answer = browser.get("/api/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


def test_no_session_outlives_a_week_however_much_it_is_used(site: Site) -> None:
    browser = site.signed_in("wang", "cs")
    [(data,)] = site.sql("select data from web_session")
    told = json.loads(bytes(data))
    old = json.dumps({**told, "opened": told["opened"] - 8 * 24 * 3600}).encode()
    site.sql("update web_session set data = %s", old)
    assert browser.get("/api/me").status_code == 401


def test_sign_out_ends_the_session_in_the_database_too(site: Site) -> None:
    browser = site.signed_in("wang", "cs")
    kept = browser.client.cookies[COOKIE]
    assert browser.delete("/api/session").status_code == 204
    assert browser.get("/api/me").status_code == 401
    thief = site.browser()
    thief.plant(COOKIE, kept)
    assert thief.get("/api/me").status_code == 401
    assert site.log("session.close.done") == [("wang", "127.0.0.1", "")]


def test_a_session_kept_in_the_table_cannot_be_used_as_a_cookie(site: Site) -> None:
    site.signed_in("wang", "cs")
    [(key,)] = site.sql("select key from web_session")
    thief = site.browser()
    thief.plant(COOKIE, key)
    assert thief.get("/api/me").status_code == 401


def test_expired_sessions_are_cleared_away(site: Site) -> None:
    site.signed_in("wang", "cs")
    site.sql("update web_session set expires_at = now() - interval '1 day'")
    site.signed_in("zhao", "cs")
    assert site.sql("select count(*) from web_session") == [(1,)]


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(site: Site) -> None:
    here = site.signed_in("wang", "cs")
    there = site.browser()
    there.sign_in("wang")
    wrong = here.patch("/api/me", {"password": {"old": "not this one", "new": "another good one"}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "old_password_wrong")
    weak = here.patch("/api/me", {"password": {"old": PASSWORD, "new": "wang-wang-1"}})
    assert weak.json()["fields"][0]["field"] == "password"
    assert here.patch("/api/me", {"password": {"old": PASSWORD, "new": "another good one"}}).status_code == 200
    assert here.get("/api/me").status_code == 200
    assert there.get("/api/me").status_code == 401
    assert there.sign_in("wang").status_code == 401
    assert there.sign_in("wang", "another good one").status_code == 200


MALFORMED: list[object] = [
    {},
    {"username": "a"},
    {"username": "a", "password": 5},
    [],
    {"username": "", "password": ""},
]


def test_a_malformed_sign_in_is_told_by_field(site: Site) -> None:
    for body in MALFORMED:
        answer = site.browser().post("/api/session", body)
        assert answer.status_code == 400, body
        assert answer.json()["fields"], body


def test_the_log_of_sign_ins_cannot_be_changed(site: Site) -> None:
    site.signed_in("wang", "cs")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        site.sql("update access_log set person = 'zhao'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        site.sql("delete from access_log")
