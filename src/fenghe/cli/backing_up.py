"""`fenghe backup`, `fenghe restore`, `fenghe migrate`: what the technician runs on the database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from fenghe.cli.output import DEFAULT_DATA, DataDir, Json, Voice, speaking
from fenghe.kernel.database import backup as backups
from fenghe.kernel.database.backup import Manifest
from fenghe.kernel.database.opening import open_database
from fenghe.kernel.migrations import migrate as bring_up_to_date
from fenghe.kernel.secrets import FILE


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="A new directory for the backup.")],
    data: DataDir = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Write a backup, all or nothing, while the hub goes on working."""
    with speaking(json) as voice:
        with open_database(data, create=False, report=voice.report) as database:
            manifest = backups.backup(database, target, now=datetime.now(UTC), report=voice.report)
        _tell(voice, manifest, f"已备份到 {target}")
        if (data / FILE).exists():
            voice.warn(f"封存密钥 {data / FILE} 不在备份里：请另行保管，没有它恢复后要重新填写各连接的密钥。")


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A backup made by `fenghe backup`.")],
    data: Annotated[Path, typer.Option("--data", help="A new or empty data directory.", envvar="FENGHE_DATA")],
    json: Json = False,
) -> None:
    """Make a new data directory from a backup and prove it complete."""
    with speaking(json) as voice:
        manifest = backups.restore(source, data, report=voice.report)
        _tell(voice, manifest, f"已恢复到 {data}")
        voice.warn(f"若保管有原来的 {FILE}，请放进 {data}，再启动枢纽。")


def migrate(data: DataDir = DEFAULT_DATA, json: Json = False) -> None:
    """Bring the database to this version, as its owner."""
    with speaking(json) as voice:
        with open_database(data, report=voice.report) as database:
            bring_up_to_date(database.owner_url)
        voice.result({"migrated": True})
        voice.say("数据库已是本版本的结构。")


def _tell(voice: Voice, manifest: Manifest, done: str) -> None:
    rows = sum(manifest.tables.values())
    voice.result(
        {"rows": rows, "bytes": manifest.dump_bytes, "sha256": manifest.dump_sha256, "tables": manifest.tables}
    )
    voice.say(f"{done}：{len(manifest.tables)} 张表，{rows:,} 行，{manifest.dump_bytes:,} 字节，已逐表核对行数。")
