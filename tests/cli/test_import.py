"""`fenghe import`: real files twice, broken rows, files that are refused, and numbers that always add up."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Commands

HEADING = "订单号,渠道,订单状态,订单金额,商品名称,数量,sku_id,更新时间"


def row(number: str, *, total: str = "12.50", status: str = "已发货") -> str:
    """A row of our own layout."""
    return f"{number},taobao,{status},{total},手机壳,1,S1,2026-02-11 10:00:00"


def table(path: Path, *rows: str) -> Path:
    """A CSV file of our own layout."""
    path.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
    return path


def adds_up(report: dict[str, Any]) -> None:
    """read = stored + duplicate + set_aside, for every file and together; the reasons tell of what was set aside."""
    for one in [report, *report["files"]]:
        assert one["read"] == one["stored"] + one["duplicate"] + one["set_aside"], one
        assert sum(one["reasons"].values()) == one["set_aside"], one
    for name in ("read", "stored", "duplicate", "set_aside"):
        assert report[name] == sum(one[name] for one in report["files"])


def test_real_tracks_twice(fenghe: Commands, shared_data: Path) -> None:
    command = ("import", "tracking", shared_data / "tracks_cn" / "histories.jsonl", "--source", "tracks")
    first = fenghe.json(*command)
    adds_up(first)
    assert (first["read"], first["stored"], first["judged"]["shipments"]) == (4, 4, 4)
    assert first["judged"]["pending"] == 0
    left = fenghe.left()
    again = fenghe.json(*command)
    adds_up(again)
    assert (again["stored"], again["duplicate"], again["set_aside"]) == (0, 4, 0)
    assert fenghe.left() == left


def test_real_orders_of_three_files_twice(fenghe: Commands, shared_data: Path) -> None:
    files = [shared_data / "olist" / f"{name}.csv" for name in ("orders", "order_items", "order_payments")]
    first = fenghe.json("import", "orders", *files, "--source", "olist")
    adds_up(first)
    assert [one["read"] for one in first["files"]] == [1373, 1374, 1616]
    assert (first["stored"], first["set_aside"], first["judged"]["orders"]) == (4363, 0, 1373)
    assert fenghe.rows("select count(*) from customer_order where channel = 'olist' and line_count > 0") != [(0,)]
    left = fenghe.left()
    again = fenghe.json("import", "orders", *files, "--source", "olist")
    adds_up(again)
    assert (again["stored"], again["duplicate"]) == (0, 4363)
    assert fenghe.left() == left


def test_a_real_report_of_a_tmall_shop(fenghe: Commands, shared_data: Path) -> None:
    file = shared_data / "tmall_2020_02" / "tmall_order_report.csv"
    report = fenghe.json("import", "orders", file, "--source", "tmall")
    adds_up(report)
    assert (report["read"], report["stored"], report["judged"]["orders"]) == (4718, 4718, 4718)
    assert fenghe.rows("select count(*), min(currency) from customer_order") == [(4718, "CNY")]


def test_a_broken_row_is_named_and_the_rest_goes_on(fenghe: Commands, tmp_path: Path) -> None:
    file = table(tmp_path / "二月.csv", row("A1"), "A2,taobao", row("A3", total="十二块"), row("A4"))
    result = fenghe("import", "orders", file, "--source", "shop")
    assert "二月.csv:3 订单状态 应为 8 fields，实际 2" in result.stderr
    assert "二月.csv:4 订单金额 应为 " in result.stderr and "实际 十二块" in result.stderr
    assert "坏行 broken_row" in result.stdout and "字段有误 unreadable" in result.stdout
    found = fenghe.rows(
        "select h.origin, h.finding -> 0 ->> 'field', h.finding -> 0 ->> 'got', convert_from(m.body, 'utf8')::jsonb"
        " from message_handling h join inbound_message m on m.id = h.message_id where h.status = 2 order by h.origin"
    )
    assert [one[:3] for one in found] == [("二月.csv:3", "订单状态", "2"), ("二月.csv:4", "订单金额", "十二块")]
    assert found[0][3] == {"broken": "A2,taobao"}
    assert fenghe.rows("select order_no from customer_order order by 1") == [("A1",), ("A4",)]


def test_the_same_file_with_broken_rows_twice(fenghe: Commands, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", row("A1"), "A2,taobao", row("A3", total="?"), row("A1"), row("A4", status=""))
    first = fenghe.json("import", "orders", file, "--source", "shop")
    adds_up(first)
    assert (first["read"], first["stored"], first["duplicate"], first["set_aside"]) == (5, 2, 1, 2)
    left = fenghe.left()
    renamed = file.rename(tmp_path / "b.csv")
    again = fenghe.json("import", "orders", renamed, "--source", "shop")
    adds_up(again)
    assert (again["stored"], again["duplicate"], again["set_aside"]) == (0, 5, 0)
    assert fenghe.left() == left


def test_a_refused_file_stops_no_other(fenghe: Commands, tmp_path: Path) -> None:
    strange = tmp_path / "customers.csv"
    strange.write_text("customer_id,city\n1,curitiba\n")
    empty = tmp_path / "empty.csv"
    empty.touch()
    missing = tmp_path / "none.csv"
    files = (strange, empty, missing, table(tmp_path / "a.csv", row("A1")))
    report = fenghe.json("import", "orders", *files, "--source", "shop", status=2)
    adds_up(report)
    codes = [one["refused"] and one["refused"]["code"] for one in report["files"]]
    assert codes == ["no_layout", "empty_file", "no_file", None]
    said = report["files"][0]["refused"]["message"]
    assert "customer_id、city" in said and "taobao_orders" in said and "--mapping" in said
    assert report["stored"] == 1


def test_nothing_of_an_archive_is_kept_when_a_part_of_it_is_refused(fenghe: Commands, tmp_path: Path) -> None:
    good = table(tmp_path / "a.csv", *(row(f"A{place}") for place in range(100)))
    for name, content in (("strange.csv", "x,y\n1,2\n"), ("bomb.csv", "a" * 400_000_000)):
        archive = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.write(good, "a.csv")
            packed.writestr(name, content)
        report = fenghe.json("import", "orders", archive, "--source", "shop", status=2)
        adds_up(report)
        assert report["files"][0]["refused"]["code"] == {"strange.csv": "no_layout"}.get(name, "archive_bomb")
        assert fenghe.rows("select count(*) from inbound_message") == [(0,)]


def test_an_archive_of_two_files(fenghe: Commands, tmp_path: Path) -> None:
    archive = tmp_path / "both.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(table(tmp_path / "a.csv", row("A1"), "broken"), "a.csv")
        packed.write(table(tmp_path / "b.csv", row("A1"), row("A2")), "b.csv")
    report = fenghe.json("import", "orders", archive, "--source", "shop")
    adds_up(report)
    assert (report["stored"], report["duplicate"], report["set_aside"]) == (2, 1, 1)
    assert report["files"][0]["problems"][0]["file"] == "both.zip › a.csv"


@pytest.mark.parametrize("kind", ["skus", "listings", "stock", "prices"])
def test_what_cannot_be_imported_yet_is_said(fenghe: Commands, tmp_path: Path, kind: str) -> None:
    report = fenghe.json("import", kind, table(tmp_path / "a.csv", row("A1")), "--source", "shop", status=2)
    assert report["error"]["code"] == "not_yet"
    assert "not yet in this version" in report["error"]["message"]
    assert "orders、order-events、tracking、payments" in report["error"]["message"]


def test_calls_that_cannot_be(fenghe: Commands, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", row("A1"))
    fenghe("import", "orders", file, "--source", "shop")
    wrong = {
        ("order", "--source", "shop"): "unknown_kind",
        ("orders", "--source", "我的店"): "bad_source",
        ("tracking", "--source", "shop"): "other_connector",
        ("orders", "--source", "other", "--mapping", "nobody"): "unknown_mapping",
        ("tracking", "--source", "other", "--mapping", "nobody"): "unknown_mapping",
        ("orders", "--source", "shop", "--mapping", "fenghe"): "other_mapping",
        ("orders", "--source", "other", "--mapping", str(tmp_path / "none.json")): "bad_mapping",
    }
    for (kind, *options), code in wrong.items():
        report = fenghe.json("import", kind, file, *options, status=2)
        assert report["error"]["code"] == code, options
    assert fenghe.rows("select count(*) from inbound_message") == [(1,)]
    assert fenghe.rows("select id, connector, kind from source where id <> 'person'") == [
        ("shop", "order_file", "file")
    ]


def test_a_disabled_source_takes_nothing(fenghe: Commands, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", row("A1"))
    fenghe("import", "orders", file, "--source", "shop")
    fenghe.rows("update source set enabled = false where id = 'shop' returning id")
    assert fenghe.json("import", "orders", file, "--source", "shop", status=2)["error"]["code"] == "source_disabled"


def test_who_made_the_source_is_on_record(fenghe: Commands, tmp_path: Path) -> None:
    fenghe("import", "orders", table(tmp_path / "a.csv", row("A1")), "--source", "Shop-1")
    assert fenghe.rows("select id, title from source where id <> 'person'") == [("shop-1", "Shop-1")]
    (person, target), *_ = fenghe.rows("select person, target from access_log where action = 'source.create.done'")
    assert person.startswith("cli:") and "shop-1" in target


def test_json_is_all_that_is_on_stdout(fenghe: Commands, tmp_path: Path) -> None:
    report = fenghe.json("import", "orders", table(tmp_path / "a.csv", row("A1"), "x"), "--source", "shop")
    assert set(report) == {
        *("read", "stored", "duplicate", "set_aside", "reasons"), *("incomplete", "source", "judged", "files")
    }  # fmt: skip


def test_only_the_first_bad_rows_are_told_one_by_one(fenghe: Commands, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", row("A1"), *(f"B{place},x" for place in range(50)))
    result = fenghe("import", "orders", file, "--source", "shop")
    assert result.stderr.count("a.csv:") == 20
    assert "还有 30 行" in result.stderr
    assert fenghe.rows("select count(*) from message_handling where status = 2") == [(50,)]
