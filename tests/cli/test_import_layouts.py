"""`fenghe import --mapping`: named layouts, layouts that the user wrote, and other people's status codes."""

import json
from pathlib import Path
from typing import Any

from tests.cli.commands import Commands

MINE: dict[str, Any] = {
    "name": "my_shop",
    "title": "我的店",
    "channel": "",
    "needs": ["单据", "钱"],
    "order": {"order_no": "单据", "total_minor": "钱"},
    "status": {"columns": ["情况"], "states": {"寄了": "shipped"}},
    "skip_prefixes": ["合计"],
}


def written(path: Path, layout: dict[str, Any]) -> Path:
    """A layout file."""
    path.write_text(json.dumps(layout, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_layout_that_the_user_wrote(fenghe: Commands, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("单据,钱,情况\nX1,3.20,寄了\nX2,4,丢了\n合计,7.20,\n", encoding="gb18030")
    layout = written(tmp_path / "mine.json", MINE)
    report = fenghe.json("import", "orders", file, "--source", "my-shop", "--mapping", layout)
    assert (report["read"], report["stored"]) == (2, 2)
    orders = fenghe.rows(
        "select o.channel, o.order_no, o.total_minor, s.state from customer_order o"
        " join subject s on s.id = o.subject_id order by 2"
    )
    assert orders[0] == ("my-shop", "X1", 320, "shipped")
    assert orders[1][:3] == ("my-shop", "X2", 400) and orders[1][3] != "shipped"
    again = fenghe.json("import", "orders", file, "--source", "my-shop")
    assert again["duplicate"] == 2


def test_a_layout_that_is_wrong_says_where(fenghe: Commands, tmp_path: Path) -> None:
    layout = written(tmp_path / "mine.json", {**MINE, "order": {"total_minor": "钱"}})
    (tmp_path / "a.csv").write_text("单据,钱\nX1,1\n")
    report = fenghe.json("import", "orders", tmp_path / "a.csv", "--source", "s", "--mapping", layout, status=2)
    assert report["error"]["code"] == "bad_mapping"
    assert "$.order.order_no" in report["error"]["message"]


def test_a_named_layout_that_does_not_fit_says_what_is_missing(fenghe: Commands, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("order_id,price\n1,2\n")
    command = ("import", "orders", tmp_path / "a.csv", "--source", "s", "--mapping", "olist_items")
    report = fenghe.json(*command, status=2)
    refused = report["files"][0]["refused"]
    assert refused["code"] == "layout_unfit"
    assert "order_item_id" in refused["message"] and "order_id、price" in refused["message"]


def test_another_mapping_for_a_source_is_refused(fenghe: Commands, tmp_path: Path, shared_data: Path) -> None:
    items = shared_data / "olist" / "order_items.csv"
    fenghe("import", "orders", items, "--source", "olist", "--mapping", "olist_items", "--no-judge")
    again = fenghe.json("import", "orders", items, "--source", "olist", "--mapping", "olist_items", "--no-judge")
    assert again["duplicate"] == 1374
    other = ("import", "orders", items, "--source", "olist", "--mapping", "olist_orders")
    assert fenghe.json(*other, status=2)["error"]["code"] == "other_mapping"


def test_the_status_codes_of_a_named_list(fenghe: Commands, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(
        "运单号,状态码,时间\nZT0001234567,ZT_05,2026-02-05 10:00:00\nZT0001234568,XX_99,2026-02-05 10:00:00\n"
    )
    report = fenghe.json("import", "tracking", file, "--source", "t", "--mapping", "seed_zto")
    assert (report["stored"], report["judged"]["unmapped"]) == (2, 1)
    assert fenghe.rows("select distinct codes from observation") == [("seed_zto",)]
    assert fenghe.rows("select status is null from observation order by code") == [(True,), (False,)]
