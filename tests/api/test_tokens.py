"""API tokens: what they may do, that they end, and that they never become more than the person."""

import httpx
import pytest

from tests.api.serving import Browser, Site


@pytest.fixture
def boss(site: Site) -> Browser:
    return site.signed_in("boss", "admin")


def bearer(site: Site, token: str) -> httpx.Client:
    client = httpx.Client(base_url=site.address, headers={"authorization": f"Bearer {token}"}, trust_env=False)
    site.browsers.append(client)
    return client


def make(boss: Browser, *scopes: str) -> dict[str, str]:
    answer = boss.post("/api/tokens", {"name": "报表", "scopes": list(scopes), "expires_days": 30})
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def test_a_token_does_what_its_scopes_say(site: Site, boss: Browser) -> None:
    made = make(boss, "audit.view")
    assert made["token"].startswith("fh_")
    client = bearer(site, made["token"])
    assert client.get("/api/access-log").status_code == 200
    assert client.get("/api/sources").status_code == 403
    assert client.get("/api/me").json()["permissions"] == ["audit.view"]
    assert site.sql("select last_used_at is not null from api_token") == [(True,)]


def test_the_secret_is_shown_once_and_kept_nowhere(site: Site, boss: Browser) -> None:
    made = make(boss, "audit.view")
    [row] = boss.get("/api/tokens").json()
    assert (row["name"], row["scopes"], row["owner"]) == ("报表", ["audit.view"], "boss")
    assert made["token"].startswith(row["prefix"])
    assert len(row["prefix"]) == 10
    everything = str(site.sql("select t::text from api_token t")) + str(site.sql("select a::text from access_log a"))
    assert made["token"] not in everything
    assert site.log("token.create.done")[0][2].startswith(f"token {made['id']} fh_")


def test_a_token_changes_things_without_the_forgery_token(site: Site, boss: Browser) -> None:
    client = bearer(site, make(boss, "sources.manage")["token"])
    wish = {"id": "zto-main", "connector": "zto", "title": "中通", "config": {}, "secrets": {}}
    assert client.post("/api/sources", json=wish).status_code == 201


def test_a_wrong_token_is_refused_even_beside_a_good_session(boss: Browser) -> None:
    for header in ("Bearer fh_wrong", "Bearer", "Basic Ym9zczpib3Nz", "fh_wrong"):
        answer = boss.get("/api/me", headers={"authorization": header})
        assert answer.status_code == 401, header


def test_a_session_is_not_lent_to_an_empty_authorization(boss: Browser) -> None:
    answer = boss.client.post("/api/views", json={}, headers={"authorization": "Bearer x"})
    assert answer.status_code == 401, "no forged-request check was passed, so no session may count"


def test_a_revoked_or_expired_token_is_refused_at_once(site: Site, boss: Browser) -> None:
    first, second = make(boss, "audit.view"), make(boss, "audit.view")
    assert boss.delete(f"/api/tokens/{first['id']}").status_code == 204
    assert bearer(site, first["token"]).get("/api/me").status_code == 401
    client = bearer(site, second["token"])
    assert client.get("/api/me").status_code == 200
    site.sql("update api_token set expires_at = now() - interval '1 second'")
    assert client.get("/api/me").status_code == 401
    assert boss.delete(f"/api/tokens/{first['id']}").status_code == 404


def test_a_token_loses_what_the_person_loses(site: Site, boss: Browser) -> None:
    other = site.signed_in("chief", "admin")
    client = bearer(site, make(boss, "audit.view", "sources.manage")["token"])
    [(who,)] = site.sql("select id from person where username = 'boss'")
    other.patch(f"/api/users/{who}", {"roles": ["auditor"]})
    assert client.get("/api/me").json()["permissions"] == ["audit.view"]
    other.patch(f"/api/users/{who}", {"active": False})
    assert client.get("/api/me").status_code == 401


BAD_WISHES: list[tuple[dict[str, object], str]] = [
    ({"scopes": []}, "scopes"),
    ({"scopes": ["no.such"]}, "scopes"),
    ({"scopes": ["users.manage"]}, "scopes"),
    ({"scopes": ["tokens.manage"]}, "scopes"),
    ({"expires_days": 0}, "expires_days"),
    ({"expires_days": 4000}, "expires_days"),
    ({"expires_days": "long"}, "expires_days"),
    ({"name": ""}, "name"),
]


def test_a_bad_wish_is_refused_by_field(boss: Browser) -> None:
    for change, field in BAD_WISHES:
        wish = {"name": "报表", "scopes": ["audit.view"], "expires_days": 30} | change
        answer = boss.post("/api/tokens", wish)
        assert answer.status_code == 400, change
        assert answer.json()["fields"][0]["field"] == field, change


def test_a_token_cannot_act_for_the_person_behind_it(site: Site, boss: Browser) -> None:
    """Even a token that was given the rights to make people or tokens, past the check, cannot use them."""
    client = bearer(site, make(boss, "audit.view")["token"])
    site.sql("update api_token set scopes = '{users.manage,tokens.manage,audit.view}'")
    assert (
        client.post("/api/tokens", json={"name": "x", "scopes": ["audit.view"], "expires_days": 1}).status_code == 403
    )
    assert client.get("/api/users").status_code == 403
    assert client.patch("/api/me", json={"locale": "en"}).status_code == 403
    assert client.delete("/api/session").status_code == 403
