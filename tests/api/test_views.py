"""Saved views: one's own, the shared ones, and who may delete which."""

import pytest

from tests.api.serving import Site

WISH = {"name": "今日未发货", "screen": "orders", "query": "tab=unshipped&sort=-created_at", "shared": False}


def test_own_views_are_own_and_shared_ones_are_for_all(site: Site) -> None:
    wang, zhao = site.signed_in("wang", "cs"), site.signed_in("zhao", "cs")
    made = wang.post("/api/views", WISH).json()
    assert (made["mine"], made["query"]) == (True, WISH["query"])
    wang.post("/api/views", WISH | {"name": "共享", "shared": True})
    assert [one["name"] for one in wang.get("/api/views", params={"screen": "orders"}).json()] == ["今日未发货", "共享"]
    [seen] = zhao.get("/api/views", params={"screen": "orders"}).json()
    assert (seen["name"], seen["mine"], seen["owner"]) == ("共享", False, "wang先生")
    assert zhao.get("/api/views", params={"screen": "cases"}).json() == []


def test_who_may_delete(site: Site) -> None:
    wang, zhao, boss = site.signed_in("wang", "cs"), site.signed_in("zhao", "cs"), site.signed_in("boss", "admin")
    own = wang.post("/api/views", WISH).json()["id"]
    shared = wang.post("/api/views", WISH | {"name": "共享", "shared": True}).json()["id"]
    assert zhao.delete(f"/api/views/{own}").status_code == 404
    assert zhao.delete(f"/api/views/{shared}").status_code == 404
    assert boss.delete(f"/api/views/{own}").status_code == 404
    assert boss.delete(f"/api/views/{shared}").status_code == 204
    assert wang.delete(f"/api/views/{own}").status_code == 204
    assert wang.get("/api/views").json() == []
    assert [row[0] for row in site.log("view.delete.done")] == ["boss", "wang"]


def test_a_name_twice_is_a_conflict(site: Site) -> None:
    wang = site.signed_in("wang", "cs")
    wang.post("/api/views", WISH)
    answer = wang.post("/api/views", WISH | {"query": "x=1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "view_taken")


@pytest.mark.parametrize("change", [{"name": " "}, {"screen": "../x"}, {"query": "x" * 5000}])
def test_a_bad_view_is_refused(site: Site, change: dict[str, str]) -> None:
    wang = site.signed_in("wang", "cs")
    answer = wang.post("/api/views", WISH | change)
    assert answer.json()["fields"][0]["field"] == next(iter(change))
