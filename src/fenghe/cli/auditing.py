"""`fenghe audit verify`: walk every chain and seal of audit and ledger, and name the first row that does not hold."""

from typing import Any

import msgspec
import typer
from psycopg import Connection

from fenghe.cli.opening import working_connection
from fenghe.cli.output import DEFAULT_DATA, FAILED, DataDir, Json, Voice, speaking
from fenghe.kernel.audit import store
from fenghe.kernel.audit.store import BadRow, Verification
from fenghe.kernel.store_subjects import subjects
from fenghe.money import store_verify
from fenghe.money.store_verify import LedgerVerification
from fenghe.money.tasks_ledger import seal as seal_ledger

PROBLEMS = {
    "row is missing": "此行缺失",
    "does not follow the row before": "与上一行接不上",
    "content does not match its hash": "内容与其哈希不符，被人改过",
    "subject does not know this row": "对象不认得这一行",
    "does not follow the voucher before": "与上一张凭证接不上",
    "its seal does not hold": "所在的封条对不上",
}


def verify(data: DataDir = DEFAULT_DATA, json: Json = False) -> None:
    """Seal what is new, then verify the whole audit table and the whole ledger."""
    with speaking(json) as voice:
        with working_connection(data, voice, name="audit", create=False) as connection:
            while store.seal(connection) + seal_ledger(connection):
                voice.report("sealing")
            seen = _walk(connection, voice)
            label = _label(connection, seen.bad) if seen.bad else ""
            ledger = store_verify.verify(connection)
        _tell(voice, seen, label, ledger)
    if seen.bad or ledger.bad:
        raise typer.Exit(FAILED)


def _walk(connection: Connection[Any], voice: Voice) -> Verification:
    if not voice.shows_progress:
        return store.verify(connection)
    with voice.err.status("核验审计链") as status:
        return store.verify(connection, lambda rows: status.update(f"核验审计链：{rows:,} 行"))


def _label(connection: Connection[Any], bad: BadRow) -> str:
    found = subjects(connection, [bad.subject_id])
    return found[bad.subject_id].label if found else f"对象 {bad.subject_id}"


def _tell(voice: Voice, seen: Verification, label: str, ledger: LedgerVerification) -> None:
    numbers = {"rows": seen.rows, "subjects": seen.subjects, "seals": seen.seals, "unsealed": seen.unsealed}
    bad = None if seen.bad is None else {**msgspec.to_builtins(seen.bad), "subject": label}
    whole = bad is None and ledger.bad is None
    voice.result({**numbers, "ok": whole, "bad": bad, "ledger": msgspec.to_builtins(ledger)})
    heads = ("行 rows", "对象 subjects", "封条 seals", "未封 unsealed")
    voice.table(heads, [[f"{number:,}" for number in numbers.values()]], numbers_from=0)
    if ledger.bad is None:
        voice.say(f"总账完好：{ledger.vouchers:,} 张凭证，{ledger.seals:,} 个封条。")
    else:
        voice.say(f"总账断裂：{ledger.bad.voucher_no}：{PROBLEMS.get(ledger.bad.problem, ledger.bad.problem)}。")
    if seen.bad is None:
        voice.say("审计链完好：每一行都接着上一行，每个封条都对得上。")
        return
    problem = PROBLEMS.get(seen.bad.problem, seen.bad.problem)
    voice.say(f"审计链断裂：{label} 的第 {seen.bad.seq} 行：{problem}（{seen.bad.problem}）。")
