"""`fenghe callbacks audit`: exports without importing them, stored mail, orders' times; numbers that always add up."""

import csv
import io
import json
from pathlib import Path
from typing import Any, Final

import pytest
import python_calamine

from fenghe.kernel.web.exporting import XlsxWriter
from tests.cli.commands import Commands

FIELDS: Final = ("logistics_no", "order_no", "status", "create_time", "update_time")
EVENTS: Final = (
    ("73190550000001", "D1", "", "2026-02-05 10:00:00", "2026-02-05 09:00:00"),
    ("73190550000002", "D2", "ZT_77", "2026-02-05 10:00:00", "2026-02-05 12:00:00"),
    ("73190550000003", "D3", "已揽收", "2026-02-05 10:00:00", "2026-02-05 11:00:00"),
    ("73190550000003", "D3", "运输中", "2026-02-05 10:00:00", "2026-02-05 18:00:00"),
    ("73190550000003", "D3", "运输中", "2026-02-05 10:00:00", "2026-02-05 18:00:00"),
    ("73190550000003", "D4", "已签收", "2026-02-05 08:00:00", "2026-02-05 15:30:00"),
    ("73190550000004", "D5", "已揽收", "2026-02-05 08:00:00", "昨天"),
)
"""`order_status_update` events as the article has them; the last one cannot be read."""
FOUND: Final = {
    "empty_status": 1, "updated_before_created": 1, "unknown_code": 1, "duplicate": 1, "out_of_order": 1, "foreign_number": 1,
    "contradiction": 1, "history_stops": 1, "unreadable": 1,
}  # fmt: skip


def rows() -> list[dict[str, str]]:
    """The events by name."""
    return [dict(zip(FIELDS, one, strict=True)) for one in EVENTS]


def written(folder: Path, kind: str) -> Path:
    """The events as a file of this kind."""
    path = folder / f"events.{kind}"
    match kind:
        case "ndjson":
            path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in rows()), encoding="utf-8")
        case "json":
            path.write_bytes(b"\xef\xbb\xbf" + json.dumps(rows(), ensure_ascii=False).encode())
        case "csv":
            text = io.StringIO()
            writer = csv.DictWriter(text, FIELDS)
            writer.writeheader()
            writer.writerows(rows())
            path.write_bytes(text.getvalue().encode("gb18030"))
        case _:
            book = XlsxWriter(path, FIELDS)
            for one in EVENTS:
                book.write(one)
            book.close()
    return path


def adds_up(report: dict[str, Any]) -> None:
    """read = audited + unreadable, for every file and together; every finding is counted."""
    for one in (report, *report["files"]):
        assert one["read"] == one["audited"] + one["unreadable"], one
        assert sum(one["reasons"].values()) == one["unreadable"], one
    assert sum(report["counts"].values()) == sum(report["severities"].values()) == report["found"]


@pytest.mark.parametrize("kind", ["ndjson", "json", "csv", "xlsx"])
def test_the_articles_events_in_every_kind_of_file(fenghe: Commands, tmp_path: Path, kind: str) -> None:
    left = fenghe.left()
    report = fenghe.json("callbacks", "audit", written(tmp_path, kind))
    adds_up(report)
    assert (report["read"], report["unreadable"], report["reasons"]) == (7, 1, {"bad_time": 1})
    assert report["counts"] == FOUND
    assert fenghe.left() == left, "an audit of a file is read-only"
    empty = next(one for one in report["findings"] if one["kind"] == "empty_status")
    assert (empty["number"], empty["field"], empty["theirs"], empty["ours"]) == (
        "73190550000001",
        "status",
        "(空)",
        "未映射",
    )
    assert empty["where"].endswith(f":{1 if kind.endswith('json') and kind != 'json' else 2}") or kind == "json"
    assert "仅核查,未导入" in empty["done"]


def test_real_histories_are_looked_at_without_a_database(tmp_path: Path, shared_data: Path, fenghe: Commands) -> None:
    report = fenghe.json("callbacks", "audit", shared_data / "tracks_cn" / "histories.jsonl")
    adds_up(report)
    assert (report["read"], report["unreadable"], report["subjects"]) == (4, 0, 4)
    (found,) = report["findings"]
    assert (found["kind"], found["rule"], found["where"]) == ("history_stops", "silence", "histories.jsonl:3")


def test_real_orders_and_their_times(fenghe: Commands, shared_data: Path) -> None:
    table = shared_data / "olist" / "orders.csv"
    with table.open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    wanted = {
        "delivered_late": sum(
            bool(one["order_delivered_customer_date"])
            and one["order_delivered_customer_date"] > one["order_estimated_delivery_date"]
            for one in told
        ),
        "handed_over_before_paid": sum(
            bool(one["order_delivered_carrier_date"] and one["order_approved_at"])
            and one["order_delivered_carrier_date"] < one["order_approved_at"]
            for one in told
        ),
        "delivered_without_time": sum(
            one["order_status"] == "delivered" and not one["order_delivered_customer_date"] for one in told
        ),
        "handed_over_without_time": sum(
            one["order_status"] in ("delivered", "shipped") and not one["order_delivered_carrier_date"] for one in told
        ),
    }
    report = fenghe.json("callbacks", "audit", table, "--orders")
    adds_up(report)
    assert report["counts"] == wanted
    assert min(wanted.values()) > 0
    late = [one for one in report["findings"] if one["kind"] == "delivered_late"]
    same_day = [one for one in late if one["theirs"][:10] == one["ours"].split()[1]]
    assert {one["severity"] for one in same_day} == {"low"}
    assert {one["severity"] for one in late if one not in same_day} == {"medium"}
    assert fenghe.json("callbacks", "audit", "--orders")["read"] == 0
    fenghe("import", "orders", table, "--source", "olist")
    stored = fenghe.json("callbacks", "audit", "--orders")
    assert (stored["counts"], stored["read"], stored["audited"]) == (wanted, len(told), len(told))


def test_stored_mail_and_an_export_of_it_are_judged_alike(fenghe: Commands, tmp_path: Path) -> None:
    events = written(tmp_path, "ndjson")
    fenghe("import", "tracking", events, "--source", "tracks")
    report = fenghe.json("callbacks", "audit")
    adds_up(report)
    assert (report["read"], report["audited"], report["unreadable"]) == (6, 5, 1)
    wanted = {kind: count for kind, count in FOUND.items() if kind != "out_of_order"}  # rows of a file came all at once
    assert report["counts"] == wanted
    assert all(one["message_id"] or one["kind"] == "unreadable" for one in report["findings"])
    assert fenghe.json("callbacks", "audit", "--source", "tracks")["counts"] == wanted
    assert fenghe.json("callbacks", "audit", "--until", "2026-01-01")["read"] == 0
    fenghe("callbacks", "audit", "--source", "nobody", status=2)


def test_a_number_that_we_shipped_for_another_order(fenghe: Commands, tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    heading = "订单号,渠道,订单状态,订单金额,商品名称,数量,sku_id,更新时间,快递单号,快递公司"
    orders.write_text(
        f"{heading}\nD9,taobao,已发货,1.00,壳,1,S,2026-02-05 09:00:00,73190550000002,中通\n", encoding="utf-8"
    )
    fenghe("import", "orders", orders, "--source", "shop")
    report = fenghe.json("callbacks", "audit", written(tmp_path, "ndjson"))
    foreign = [one for one in report["findings"] if one["kind"] == "foreign_number" and one["rule"] == "foreign_order"]
    assert [(one["number"], one["theirs"]) for one in foreign] == [("73190550000002", "订单 D2")]
    assert "D9" in foreign[0]["ours"] and foreign[0]["order_no"] == "D9" and foreign[0]["shipment_id"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_export_holds_every_finding_and_runs_no_formula(fenghe: Commands, tmp_path: Path, ending: str) -> None:
    source, target = tmp_path / "evil.ndjson", tmp_path / f"found.{ending}"
    source.write_text(
        json.dumps({"运单号": "=1+1+73190550", "时间": "2026-02-05 10:00:00", "状态码": '=cmd|"x"'}), encoding="utf-8"
    )
    report = fenghe.json("callbacks", "audit", source, "--export", target, "--limit", "0")
    assert (report["findings"], report["truncated"], report["found"]) == ([], True, 1)
    if ending == "csv":
        (row,) = csv.DictReader(io.StringIO(target.read_text(encoding="utf-8-sig")))
    else:
        heads, values = python_calamine.CalamineWorkbook.from_path(target).get_sheet_by_index(0).to_python()
        row = dict(zip(map(str, heads), map(str, values), strict=True))
    assert row["问题"] == "未知状态码"
    assert row["状态码"] == ('\'=cmd|"x"' if ending == "csv" else '=cmd|"x"')


def test_wrong_calls_are_told_in_words(fenghe: Commands, tmp_path: Path) -> None:
    events = written(tmp_path, "ndjson")
    for arguments, words in (
        ((tmp_path / "no.csv",), "没有"),
        ((events, "--hours", "3"), "--hours"),
        (("--hours", "0"), "正整数"),
        (("--since", "2026-02-05", "--hours", "3"), "只能用一个"),
        (("--since", "2099-01-01"), "早于"),
        (("--since", "昨天"), "不是时间"),
        ((events, "--export", tmp_path / "x.pdf"), ".csv 或 .xlsx"),
        ((events, "--export", tmp_path / "no" / "x.csv"), "写不了"),
        ((events, "--source", "nobody"), "没有名为 nobody 的连接"),
    ):
        assert words in fenghe("callbacks", "audit", *arguments, status=2).stderr, arguments
    picture = tmp_path / "x.json"
    picture.write_bytes(b"\x89PNG....")
    assert fenghe.json("callbacks", "audit", picture, status=2)["files"][0]["refused"]["code"] == "unknown_format"


def test_a_table_of_orders_told_as_scans_is_said_to_be_one(fenghe: Commands, shared_data: Path) -> None:
    result = fenghe("callbacks", "audit", shared_data / "olist" / "orders.csv")
    assert "没有一条认得出来" in result.stderr and "--orders" in result.stderr
    assert "读取 1,373 条 = 已核查 0 + 读不懂 1,373" in result.stdout


def test_a_broken_row_does_not_stop_the_rest(fenghe: Commands, tmp_path: Path) -> None:
    events = tmp_path / "events.ndjson"
    events.write_text(
        '{"nu": \n' + written(tmp_path, "ndjson").read_text(encoding="utf-8") + "\n{}\n[]\n7\n", encoding="utf-8"
    )
    report = fenghe.json("callbacks", "audit", events)
    adds_up(report)
    assert report["read"] == 11
    assert report["counts"]["unknown_code"] == 1
