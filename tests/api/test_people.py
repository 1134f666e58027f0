"""People, roles and the access log over HTTP."""

from threading import Thread

import pytest

from fenghe.kernel.people.roles import GRANTS, ROLES
from tests.api.serving import PASSWORD, Browser, Site


@pytest.fixture
def boss(site: Site) -> Browser:
    return site.signed_in("boss", "admin")


def test_a_person_is_made_and_can_sign_in(site: Site, boss: Browser) -> None:
    wish = {"username": " Li.Na", "name": "李娜", "roles": ["cs", "cs"], "password": PASSWORD, "shops": ["旗舰店"]}
    made = boss.post("/api/users", wish)
    assert made.status_code == 201
    row = made.json()
    assert (row["username"], row["roles"], row["active"], row["shops"]) == ("li.na", ["cs"], True, ["旗舰店"])
    assert row["created_at"].endswith("Z")
    assert row["last_seen_at"] is None
    assert "password" not in made.text
    browser = site.browser()
    assert browser.sign_in("li.na").json()["shops"] == ["旗舰店"]
    [seen] = [one for one in boss.get("/api/users").json() if one["username"] == "li.na"]
    assert seen["id"] == row["id"]
    assert browser.get("/api/me").status_code == 200
    assert site.sql("select last_seen_at is not null from person where username = 'li.na'") == [(True,)]
    assert site.log("person.create.done")[-1] == ("boss", "127.0.0.1", f"person {row['id']} li.na cs")


BAD_PEOPLE: list[tuple[dict[str, object], str]] = [
    ({"username": "李娜"}, "username"),
    ({"username": "a"}, "username"),
    ({"username": "a b"}, "username"),
    ({"name": " "}, "name"),
    ({"roles": ["king"]}, "roles"),
    ({"roles": "cs"}, "roles"),
    ({"password": "short"}, "password"),
    ({"password": "aaaaaaaaaaaa"}, "password"),
    ({"password": "li.na-2026!"}, "password"),
    ({"password": "x" * 300}, "password"),
    ({"boss": True}, "boss"),
]


def test_a_bad_person_is_refused_by_field(site: Site, boss: Browser) -> None:
    for change, field in BAD_PEOPLE:
        wish = {"username": "li.na", "name": "李娜", "roles": ["cs"], "password": PASSWORD} | change
        answer = boss.post("/api/users", wish)
        assert answer.status_code == 400, change
        assert field in answer.json()["fields"][0]["field"], change
    assert site.sql("select count(*) from person where username <> 'boss'") == [(0,)]


def test_a_taken_name_is_a_conflict(boss: Browser) -> None:
    answer = boss.post("/api/users", {"username": "BOSS", "name": "x", "roles": [], "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (409, "username_taken")


def test_changes_are_noted_one_by_one(site: Site, boss: Browser) -> None:
    wang = site.person("wang", "cs")
    change = {"name": "王五", "roles": ["ops"], "shops": ["专营店"], "password": "a brand new one"}
    answer = boss.patch(f"/api/users/{wang}", change)
    assert answer.status_code == 200
    assert site.log("person.roles.changed") == [("boss", "127.0.0.1", f"person {wang} wang cs > ops")]
    assert site.log("person.shops.changed") == [("boss", "127.0.0.1", f"person {wang} wang all > 专营店")]
    assert site.log("person.password.reset") == [("boss", "127.0.0.1", f"person {wang} wang")]
    assert site.browser().sign_in("wang").status_code == 401
    assert site.browser().sign_in("wang", "a brand new one").status_code == 200
    assert boss.patch(f"/api/users/{wang}", {"shops": None}).json()["shops"] is None
    assert boss.patch("/api/users/999", {"name": "x"}).status_code == 404
    assert boss.patch("/api/users/x;drop", {"name": "x"}).status_code == 400


def test_the_last_admin_stays(site: Site, boss: Browser) -> None:
    [(me,)] = site.sql("select id from person")
    for change in ({"roles": ["cs"]}, {"active": False}):
        answer = boss.patch(f"/api/users/{me}", change)
        assert (answer.status_code, answer.json()["code"]) == (422, "last_admin")
    assert site.sql("select roles, active from person") == [(["admin"], True)]


def test_two_admins_cannot_take_each_other_away_at_once(site: Site, boss: Browser) -> None:
    other = site.signed_in("chief", "admin")
    ids = dict(site.sql("select username, id from person"))
    for _ in range(5):
        site.sql("update person set roles = '{admin}'")
        pairs = [(boss, ids["chief"]), (other, ids["boss"])]
        threads = [Thread(target=one.patch, args=(f"/api/users/{who}", {"roles": ["cs"]})) for one, who in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert site.sql("select count(*) from person where 'admin' = any(roles)") == [(1,)]


def test_roles_tell_their_rights_in_words(boss: Browser) -> None:
    roles = {one["role"]: one for one in boss.get("/api/roles").json()}
    assert {role: one["title"] for role, one in roles.items()} == ROLES
    for role, one in roles.items():
        assert {right["permission"] for right in one["permissions"]} == GRANTS[role]
        assert all(right["title"] != right["permission"] for right in one["permissions"])


def test_owners_are_those_who_can_settle_a_case(site: Site) -> None:
    for name, role in (("a1", "cs"), ("b1", "ops"), ("c1", "finance"), ("d1", "cs")):
        site.person(name, role)
    site.sql("update person set active = false where username = 'd1'")
    browser = site.signed_in("e1", "ops")
    assert [one["name"] for one in browser.get("/api/owners").json()] == ["a1先生", "b1先生", "e1先生"]


def test_the_access_log_is_searched_by_person_and_text(site: Site, boss: Browser) -> None:
    site.browser().sign_in("wang", "wrong password")
    site.person("wang", "cs")
    rows = boss.get("/api/access-log").json()
    assert [one["action"] for one in rows][:2] == ["person.create.done", "session.open.refused"]
    assert rows[0]["at"].endswith("Z")
    assert {one["user"] for one in boss.get("/api/access-log", params={"user": "boss"}).json()} == {"boss"}
    found = boss.get("/api/access-log", params={"q": "wang"}).json()
    assert [one["target"].split()[2] for one in found] == ["wang"]
    assert len(boss.get("/api/access-log", params={"limit": 1}).json()) == 1
    assert boss.get("/api/access-log", params={"limit": 0}).status_code == 400
    assert boss.get("/api/access-log", params={"q": "' or 1=1 --"}).json() == []


def test_language_is_ones_own_choice(site: Site) -> None:
    browser = site.signed_in("wang", "cs")
    assert browser.patch("/api/me", {"locale": "en"}).json()["locale"] == "en"
    assert browser.get("/api/me").json()["locale"] == "en"
    assert browser.patch("/api/me", {"locale": "fr"}).status_code == 400
