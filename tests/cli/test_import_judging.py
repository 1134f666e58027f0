"""Rows judged while the file is read come to the same as rows judged afterwards from what was stored; trouble is told."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from fenghe.hub.import_judging import judge_imported, judging_beside
from fenghe.hub.import_rows import BATCH_ROWS, Kept
from fenghe.kernel.connecting import Reading
from tests.cli.commands import Commands

LOOKS = {
    "payments": "select payment_no, out_trade_no, order_no, succeeded, amount_minor, fee_minor, paid_at from payment"
    " where provider = %s order by 1",
    "payouts": "select payout_no, order_no, amount_minor, gross_minor, turn from payout where source = %s order by 1, 2, 5",
    "vouchers": "select voucher_no, voucher_type, order_no, amount_minor from finance_voucher where source = %s order by 1, 2",
    "orders": "select order_no, state, due_minor, paid_at from order_book where channel = %s order by 1",
}


def written(folder: Path, kind: str) -> Path:
    """More than two batches, with equal rows, rows told again, and rows that cannot be read."""
    heads = {
        "payments": "out_trade_no,txn,cents,fee_cents,status,at",
        "payouts": "payout_no,order_no,gross_cents,net_cents,d",
        "vouchers": "voucher_no,order_no,cents,vtype,d",
        "orders": "order_no,state,cents,created_at,paid_at",
    }
    rows = {
        "payments": lambda n: (
            f"`A{n},42{n % 4_100},{n},{n // 9},{'success' if n % 5 else '怪'},2026-02-0{n % 9 + 1} 10:00:00"
        ),
        "payouts": lambda n: f"S{n // 50},A{n // 2},{n // 2 + 9},{n // 2},2026-02-01",
        "vouchers": lambda n: f"V{n // 2},A{n},{n if n % 700 else '?'},{'退款' if n % 3 else 'order'},2026-02-01",
        "orders": lambda n: (
            f"A{n},{'paid' if n % 3 else 'cancelled'},{n},2026-02-01 10:00:00,2026-02-01 10:00:0{n % 10}"
        ),
    }
    path = folder / f"{kind}.csv"
    text = "\n".join(rows[kind](n) for n in range(1, 2 * BATCH_ROWS + 500))
    path.write_text(f"{heads[kind]}\n{text}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", LOOKS)
def test_judged_meanwhile_is_judged_alike(fenghe: Commands, tmp_path: Path, kind: str) -> None:
    file = written(tmp_path, kind)
    first = fenghe.json("import", kind, file, "--source", "meanwhile")
    later = fenghe.json("import", kind, file, "--source", "afterwards", "--no-judge", "--anyway")
    assert first["judged"]["pending"] == 0 and later["judged"]["pending"] == later["stored"]
    with psycopg.connect(fenghe.database.app_url, autocommit=True) as connection:
        judge_imported(connection, "afterwards")
        told = [
            connection.execute(LOOKS[kind].encode(), (source,)).fetchall() for source in ("meanwhile", "afterwards")
        ]
    assert told[0] == told[1] and len(told[0]) > BATCH_ROWS
    assert [first[name] for name in ("read", "stored", "duplicate", "set_aside")] == [
        later[name] for name in ("read", "stored", "duplicate", "set_aside")
    ]


def test_trouble_while_judging_is_told(fenghe: Commands) -> None:
    def lost() -> psycopg.Connection[Any]:
        connection = psycopg.connect(fenghe.database.app_url, autocommit=True)
        connection.close()
        return connection

    kept = Kept(read=1, stored=1, duplicate=0, set_aside=0, notes=(), readings={1: Reading()})
    with judging_beside(lost) as beside:
        beside.take(kept)
        with pytest.raises(psycopg.OperationalError):
            beside.finish("pay")
