"""Connections over HTTP: settings are told, secrets never."""

import psycopg
import pytest

from fenghe.kernel.connections.store import load_sources
from fenghe.kernel.secrets import NotSealed, source_unsealer
from tests.api.serving import KEY, Browser, Site

SECRET = "s3cr3t-of-the-carrier"
WISH = {
    "id": "zto-main", "connector": "zto", "title": "中通（主账号）", "config": {"shop": "旗舰店"},
    "secrets": {"app_key": "k-123456", "app_secret": SECRET},
}  # fmt: skip


@pytest.fixture
def boss(site: Site) -> Browser:
    return site.signed_in("boss", "admin")


def loaded(site: Site) -> dict[str, str]:
    with psycopg.connect(site.database.app_url) as connection:
        return load_sources(connection, KEY)["zto-main"].secrets


def test_a_source_is_made_and_its_secrets_are_sealed(site: Site, boss: Browser) -> None:
    made = boss.post("/api/sources", WISH)
    assert made.status_code == 201
    row = made.json()
    assert (row["hook_path"], row["kind"], row["enabled"]) == ("/hook/zto-main", "carrier", True)
    assert row["secret_names"] == ["app_key", "app_secret"]
    assert (row["received_24h"], row["refused_24h"], row["repeats_24h"], row["last_received_at"]) == (0, 0, 0, None)
    assert SECRET not in made.text + boss.get("/api/sources").text
    [(sealed,)] = site.sql("select secrets_sealed from source where id = 'zto-main'")
    assert SECRET.encode() not in bytes(sealed)
    assert loaded(site) == WISH["secrets"]
    assert source_unsealer(KEY)("zto-main", bytes(sealed)) == WISH["secrets"]
    [(_, _, target)] = site.log("source.create.done")
    assert target == "source zto-main zto secrets app_key,app_secret"


def test_secrets_moved_to_another_source_do_not_open(site: Site, boss: Browser) -> None:
    boss.post("/api/sources", WISH)
    boss.post("/api/sources", WISH | {"id": "other", "secrets": {"app_secret": "of the other"}})
    site.sql(
        "update source s set secrets_sealed = o.secrets_sealed from source o where o.id = 'other' and s.id = 'zto-main'"
    )
    with pytest.raises(NotSealed):
        loaded(site)
    [row] = [one for one in boss.get("/api/sources").json() if one["id"] == "zto-main"]
    assert (row["secrets_readable"], row["secret_names"]) == (False, [])


def test_a_secret_is_changed_added_and_taken_away_alone(site: Site, boss: Browser) -> None:
    boss.post("/api/sources", WISH)
    change = {"secrets": {"app_secret": "new", "token": "added"}, "enabled": False, "title": "中通"}
    answer = boss.patch("/api/sources/zto-main", change)
    assert (answer.json()["enabled"], answer.json()["title"]) == (False, "中通")
    assert loaded(site) == {"app_key": "k-123456", "app_secret": "new", "token": "added"}
    boss.patch("/api/sources/zto-main", {"secrets": {"app_key": None}, "config": {"zone": "+08:00"}})
    assert loaded(site) == {"app_secret": "new", "token": "added"}
    assert boss.get("/api/sources").json()[0]["config"] == {"zone": "+08:00"}
    targets = [row[2] for row in site.log("source.change.done")]
    assert targets[0] == "source zto-main title, enabled, secret app_secret, secret token"
    assert "new" not in targets[0]


def test_secrets_under_a_lost_key_must_be_given_anew(site: Site, boss: Browser) -> None:
    boss.post("/api/sources", WISH)
    site.sql("update source set secrets_sealed = %s where id = 'zto-main'", b"\x01lostlostlostlostlostlostlost")
    assert boss.patch("/api/sources/zto-main", {"title": "仍可改名"}).status_code == 200
    refused = boss.patch("/api/sources/zto-main", {"secrets": {"app_key": None}})
    assert refused.json()["fields"][0]["field"] == "secrets"
    boss.patch("/api/sources/zto-main", {"secrets": {"app_secret": "again"}})
    assert loaded(site) == {"app_secret": "again"}


BAD_SOURCES: list[tuple[dict[str, object], str]] = [
    ({"id": "Zto"}, "id"),
    ({"id": "../x"}, "id"),
    ({"connector": "nobody"}, "connector"),
    ({"connector": "person"}, "connector"),
    ({"title": ""}, "title"),
    ({"secrets": {"a b": "x"}}, "secrets"),
    ({"secrets": {"a": ""}}, "secrets"),
    ({"secrets": {"a": 5}}, "secrets"),
    ({"config": {"x": "y" * 70_000}}, "config"),
]


def test_a_bad_source_is_refused_by_field(boss: Browser) -> None:
    for change, field in BAD_SOURCES:
        answer = boss.post("/api/sources", WISH | change)
        assert answer.status_code == 400, change
        assert answer.json()["fields"][0]["field"].startswith(field), change
    assert boss.get("/api/sources").json() == []


def test_a_taken_id_is_a_conflict_and_an_unknown_one_not_found(boss: Browser) -> None:
    boss.post("/api/sources", WISH)
    assert boss.post("/api/sources", WISH).status_code == 409
    assert boss.patch("/api/sources/nobody", {"title": "x"}).status_code == 404


def test_traffic_is_counted(site: Site, boss: Browser) -> None:
    boss.post("/api/sources", WISH)
    boss.post("/api/sources", WISH | {"id": "silent"})
    for n, (source, age) in enumerate(
        [("zto-main", "1 hour"), ("zto-main", "2 hours"), ("zto-main", "3 days"), ("silent", "9 days")]
    ):
        site.sql(
            "with m as (insert into inbound_message (source, dedupe_key, way, received_at, body)"
            " values (%s, %s, 'webhook', now() - %s::interval, '') returning id)"
            " insert into message_handling (message_id, repeats) select id, 2 from m",
            source,
            bytes([n]),
            age,
        )
    site.sql(
        "insert into refused_delivery (source, reason, ip, hour, count) values ('zto-main', 'stale', '', now(), 7)"
    )
    rows = {one["id"]: one for one in boss.get("/api/sources").json()}
    busy, silent = rows["zto-main"], rows["silent"]
    assert (busy["received_24h"], busy["repeats_24h"], busy["refused_24h"]) == (2, 4, 7)
    assert (silent["received_24h"], silent["repeats_24h"], silent["refused_24h"]) == (0, 0, 0)
    assert silent["last_received_at"] is not None
    assert busy["last_received_at"] > silent["last_received_at"]


def test_connectors_are_offered(boss: Browser) -> None:
    [one] = boss.get("/api/connectors").json()
    assert (one["name"], one["kind"]) == ("zto", "carrier")


def test_the_source_of_rulings_is_nobodys_to_change(boss: Browser) -> None:
    assert boss.get("/api/sources").json() == []
    assert boss.patch("/api/sources/person", {"enabled": False}).status_code == 404
