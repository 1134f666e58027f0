"""`fenghe backup`, `fenghe restore`, `fenghe migrate` on an embedded database of their own, in their own processes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import in_its_own_process


def run(*arguments: str | Path, data: Path, status: int = 0, typed: str = "") -> Any:
    """The JSON of a command that must leave with `status`."""
    process = in_its_own_process(*arguments, "--json", data=data)
    out, err = process.communicate(typed, timeout=110)
    assert process.returncode == status, out + err
    return json.loads(out)


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_the_technicians_day(tmp_path: Path) -> None:
    data, saved, again = tmp_path / "data", tmp_path / "saved", tmp_path / "again"
    for _ in range(2):
        assert run("migrate", data=data) == {"migrated": True}
    person = ("user", "add", "admin", "--role", "admin", "--password-stdin")
    assert run(*person, data=data, typed="Gouwu-2026-che")["username"] == "admin"
    file = tmp_path / "orders.csv"
    file.write_text("订单号,渠道,订单状态\nA1,taobao,已发货\nA2,taobao,已付款\n", encoding="utf-8")
    first = run("import", "orders", file, "--source", "shop", data=data)
    assert first["stored"] == 2
    told = run("backup", saved, data=data)
    assert told["tables"]["public.inbound_message"] == 2
    assert run("backup", saved, data=data, status=2)["error"]["code"] == "BackupTargetTaken"
    assert run("restore", saved, data=again) == told
    assert run("restore", saved, data=again, status=2)["error"]["code"] == "DataDirUnusable"
    assert run("restore", tmp_path, data=tmp_path / "third", status=2)["error"]["code"] == "NotABackup"
    assert run("import", "orders", file, "--source", "shop", data=again)["duplicate"] == 2
    seen = run("audit", "verify", data=again)
    assert seen["ok"] is True and seen["rows"] >= 2


def test_a_backup_of_nothing_is_refused(tmp_path: Path) -> None:
    assert run("backup", tmp_path / "b", data=tmp_path / "nowhere", status=2)["error"]["code"] == "NoDatabaseHere"
    assert not (tmp_path / "nowhere").exists()
