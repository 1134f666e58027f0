"""`fenghe audit verify`: a clean chain is said to be clean, and whatever somebody did to it is named."""

from pathlib import Path

import pytest

from tests.cli.commands import Commands

STATUSES = ("已付款", "已发货", "交易成功")


@pytest.fixture
def audited(fenghe: Commands, tmp_path: Path) -> Commands:
    """Three orders with a few changes of state each, sealed."""
    rows = [
        f"A{order},taobao,{status},2026-02-1{day} 10:00:00"
        for day, status in enumerate(STATUSES)
        for order in range(1, 4)
    ]
    file = tmp_path / "events.csv"
    file.write_text("\n".join(["订单号,渠道,订单状态,更新时间", *rows]) + "\n", encoding="utf-8")
    fenghe("import", "order-events", file, "--source", "shop")
    clean = fenghe.json("audit", "verify")
    assert clean["ok"] is True and clean["bad"] is None
    assert (clean["subjects"], clean["seals"], clean["unsealed"]) == (3, 1, 0)
    assert clean["rows"] >= 6
    return fenghe


def second_order(fenghe: Commands) -> int:
    """The subject of order A2."""
    return int(fenghe.rows("select id from subject where key like '%A2'")[0][0])


def test_a_clean_chain(audited: Commands) -> None:
    result = audited("audit", "verify")
    assert "审计链完好" in result.stdout


def test_nothing_is_sealed_twice(audited: Commands) -> None:
    assert audited.json("audit", "verify")["seals"] == 1


def test_a_row_that_the_superuser_changed(audited: Commands) -> None:
    subject = second_order(audited)
    audited.as_superuser(f"update order_state_audit set operator = 'nobody' where subject_id = {subject} and seq = 2")
    bad = audited.json("audit", "verify", status=1)["bad"]
    assert (bad["subject_id"], bad["seq"]) == (subject, 2)
    assert bad["problem"] == "content does not match its hash"
    assert "A2" in bad["subject"]
    said = audited("audit", "verify", status=1).stdout
    assert "A2" in said and "第 2 行" in said and "被人改过" in said


def test_a_row_deleted_from_the_middle(audited: Commands) -> None:
    subject = second_order(audited)
    audited.as_superuser(f"delete from order_state_audit where subject_id = {subject} and seq = 1")
    bad = audited.json("audit", "verify", status=1)["bad"]
    assert (bad["subject_id"], bad["seq"], bad["problem"]) == (subject, 1, "row is missing")


def test_the_last_row_deleted(audited: Commands) -> None:
    subject = second_order(audited)
    (last,) = audited.rows(f"select max(seq) from order_state_audit where subject_id = {subject}")[0]
    audited.as_superuser(f"delete from order_state_audit where subject_id = {subject} and seq = {last}")
    bad = audited.json("audit", "verify", status=1)["bad"]
    assert (bad["subject_id"], bad["seq"], bad["problem"]) == (subject, last, "row is missing")


def test_the_last_row_deleted_and_the_subject_made_to_forget_it(audited: Commands) -> None:
    subject = second_order(audited)
    (last,) = audited.rows(f"select max(seq) from order_state_audit where subject_id = {subject}")[0]
    audited.as_superuser(f"delete from order_state_audit where subject_id = {subject} and seq = {last}")
    audited.as_superuser(
        f"update subject s set version = {last - 1}, chain_head = (select hash from order_state_audit"
        f" where subject_id = s.id and seq = {last - 1}) where id = {subject}"
    )
    bad = audited.json("audit", "verify", status=1)["bad"]
    assert "seal" in bad["problem"]


def test_a_truncated_table(audited: Commands) -> None:
    audited.as_superuser("truncate order_state_audit")
    seen = audited.json("audit", "verify", status=1)
    assert seen["rows"] == 0
    assert seen["bad"]["problem"] == "row is missing"
    assert seen["bad"]["seq"] == 1
    assert seen["bad"]["subject_id"] == audited.rows("select min(id) from subject")[0][0]


def test_a_table_truncated_together_with_what_remembers_it(audited: Commands) -> None:
    audited.as_superuser("truncate order_state_audit")
    audited.as_superuser("update subject set version = 0, chain_head = null")
    bad = audited.json("audit", "verify", status=1)["bad"]
    assert bad["problem"].startswith("seal over rows")


def test_a_changed_seal(audited: Commands) -> None:
    audited.as_superuser("update audit_seal set root = decode(repeat('00', 32), 'hex')")
    assert "seal" in audited.json("audit", "verify", status=1)["bad"]["problem"]


def test_two_rows_swapped(audited: Commands) -> None:
    subject = second_order(audited)
    audited.as_superuser(
        f"update order_state_audit set seq = case seq when 1 then 1002 else 1001 end"
        f" where subject_id = {subject} and seq in (1, 2)"
    )
    audited.as_superuser(f"update order_state_audit set seq = seq - 1000 where subject_id = {subject} and seq > 1000")
    bad = audited.json("audit", "verify", status=1)["bad"]
    assert (bad["subject_id"], bad["seq"]) == (subject, 1)


def test_the_application_cannot_change_a_row(audited: Commands) -> None:
    for statement in (
        "update order_state_audit set operator = 'x'",
        "delete from order_state_audit",
        "truncate audit_seal",
    ):
        with pytest.raises(Exception, match="permission denied"):
            audited.rows(statement)
    audited("audit", "verify")


def test_there_must_be_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FENGHE_DATABASE_URL", raising=False)
    from tests.cli.commands import in_its_own_process  # noqa: PLC0415

    process = in_its_own_process("audit", "verify", data=tmp_path / "nowhere")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "There is no database" in said and "Traceback" not in said
