"""The examples in docs/formats.md are read as the page says."""

import re
from pathlib import Path

from fenghe.connectors import order_file, tracking_file
from fenghe.kernel.intake import Record, open_records
from fenghe.logistics.events import TrackingEvent
from fenghe.orders.layouts import Layout, find_layout, parse_layout, shipped_layout, shipped_layouts
from fenghe.orders.snapshot import OrderSnapshot
from tests.connectors.channels.telling import message

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "formats.md").read_text()


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_our_own_layout_as_documented(tmp_path: Path) -> None:
    english, chinese, *_ = _blocks("csv")
    path = tmp_path / "orders.csv"
    path.write_text(english + chinese.splitlines()[0] + "\n")
    (record, _) = open_records(path)
    assert isinstance(record, Record)
    (snapshot,) = order_file.CONNECTOR.read(message(order_file.CONNECTOR, record.body)).items
    assert isinstance(snapshot, OrderSnapshot)
    assert (snapshot.channel, snapshot.status_state, snapshot.paid_minor) == ("wechat_shop", "shipped", 4990)
    assert (snapshot.lines[0].outer_sku_id, snapshot.parcels[0].tracking_no) == ("ANKE-6.1-BK", "73190553102532")
    translated = dict(zip(chinese.strip().split(","), record.fields.values(), strict=True))
    (again,) = order_file.CONNECTOR.read(message(order_file.CONNECTOR, translated)).items
    assert isinstance(again, OrderSnapshot)
    assert (again.status_code, again.codes) == ("status:已发货", "fenghe")
    assert again == snapshot


def test_every_layout_is_documented_and_the_example_is_one() -> None:
    assert all(f"`{layout.name}`" in PAGE for layout in shipped_layouts())
    (example,) = _blocks("json")
    layout = parse_layout(example.encode())
    assert isinstance(find_layout(["单号", "实付", "状态"], [layout]), Layout)
    own = shipped_layout("fenghe")
    assert own is not None
    assert own.channel == "fenghe"


def test_tracking_as_documented(tmp_path: Path) -> None:
    path = tmp_path / "tracking.csv"
    path.write_text(_blocks("csv")[2])
    (record,) = open_records(path)
    assert isinstance(record, Record)
    (event,) = tracking_file.CONNECTOR.read(message(tracking_file.CONNECTOR, record.body)).items
    assert isinstance(event, TrackingEvent)
    assert (event.tracking_no, event.carrier, event.text) == ("73190553102532", "zto", "【杭州】已揽收")
