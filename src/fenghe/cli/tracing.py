"""`fenghe trace NUMBER`: the whole voucher chain of any number, on screen, as PDF, or as a bundle that a stranger verifies.

With `--seek` it asks for what the chain lacks (寻踪), and does the asking itself where no worker runs.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from fenghe.cli.importing import actor
from fenghe.cli.opening import working_connection
from fenghe.cli.output import DEFAULT_DATA, CallWrong, DataDir, Json, Voice, speaking
from fenghe.cli.seeking import Sought, seek
from fenghe.hub.titles import titles
from fenghe.kernel.secrets import hub_key
from fenghe.kernel.values import CHINA, minor_digits
from fenghe.money import tasks_trace
from fenghe.money.tasks_trace import Several, Traced, Unknown, state_title
from fenghe.money.trace import TITLES, Chain
from fenghe.money.trace_numbers import Found

_NUMBER_HELP: Final = "Any number: order, payment, refund, settlement, voucher, bank line, pay-out, parcel."
_WHICH_HELP: Final = "Which of several chains that bear the number, as the command names them (order:12)."
_SEEK_HELP: Final = "Ask providers, channels, carriers and files for what the chain lacks, and wait for the answers."


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the command prints as JSON."""

    number: str
    chain: Chain | None
    accounts: list[tasks_trace.AccountBalance]
    search: Sought | None


def trace(
    number: Annotated[str, typer.Argument(metavar="ID", help=_NUMBER_HELP)],
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write the report to this file.")] = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Write report, proof and verifier to this ZIP.")
    ] = None,
    which: Annotated[str, typer.Option("--which", help=_WHICH_HELP)] = "",
    seek_: Annotated[bool, typer.Option("--seek", help=_SEEK_HELP)] = False,
    data: DataDir = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Show every document that hangs together with a number, what is missing, and where the money stands."""
    with speaking(json) as voice, working_connection(data, voice, name="trace", create=False) as connection:
        sought = seek(connection, voice, number=number, which=which, key=hub_key(data), by=actor()) if seek_ else None
        now = datetime.now(UTC)
        traced = tasks_trace.trace(connection, number, now=now, which=which)
        if not isinstance(traced, Traced):
            _nothing(voice, traced, sought)
            return
        if pdf or bundle:
            files = tasks_trace.bundle(connection, traced, now=now, titles=titles())
            if pdf:
                pdf.write_bytes(files["chain.pdf"])
            if bundle:
                bundle.write_bytes(tasks_trace.packed(files, now=now))
        _tell(voice, traced, sought)


def _nothing(voice: Voice, told: Several | Unknown, sought: Sought | None) -> None:
    """Nobody knows the number, or several chains bear it."""
    if isinstance(told, Several):
        listed = "；".join(f"--which {_named(one)}" for one in told.choices)
        raise CallWrong(
            f"编号 {told.number} 属于 {len(told.choices)} 条凭证链，请说明是哪一条：{listed}", code="several"
        )
    if told.problem:
        raise CallWrong(f"{told.problem}。", code="call_wrong")
    if sought is None:
        raise CallWrong(
            f"没有单据带有编号 {told.number}。查过：{'、'.join(told.looked)}。可加 --seek 去问支付机构、渠道和文件。",
            code="not_found",
        )
    voice.result(Told(number=told.number, chain=None, accounts=[], search=sought))
    sought.say(voice)
    voice.say(f"寻踪之后仍没有单据带有编号 {told.number}。")


def _named(one: Found) -> str:
    return f"{one.bearer.name}（{one.bearer.title} {one.bearer.order_no or one.bearer.payment_no}）"


def _tell(voice: Voice, traced: Traced, sought: Sought | None) -> None:
    voice.result(Told(number=traced.number, chain=traced.chain, accounts=list(traced.accounts), search=sought))
    rows = [
        [
            TITLES[one.kind],
            one.number,
            state_title(one, titles()),
            _amount(one.currency, one.amount_minor),
            one.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S") if one.at else "",
        ]
        for one in traced.chain.documents
    ]
    voice.table(("单据", "编号", "状态", "金额", "时间"), rows, numbers_from=3)
    for place in traced.chain.places:
        voice.say(f"{place.words}:{_amount(place.currency, place.amount_minor)}")
    for gap in traced.chain.gaps:
        voice.say(f"缺口:{gap.words}")
    if traced.chain.uncovered:
        voice.say(f"没有数据来源的环节:{'、'.join(traced.chain.uncovered)}")
    if sought is not None:
        sought.say(voice)


def _amount(currency: str, amount_minor: int | None) -> str:
    if amount_minor is None:
        return ""
    digits = minor_digits(currency)
    whole, part = divmod(abs(amount_minor), 10**digits)
    return f"{'-' if amount_minor < 0 else ''}{whole:,}" + (f".{part:0{digits}d}" if digits else "") + f" {currency}"
