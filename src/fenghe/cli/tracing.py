"""`fenghe trace NUMBER`: the whole voucher chain of any number, on screen, as PDF, or as a bundle that a stranger verifies."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from fenghe.cli.opening import working_connection
from fenghe.cli.output import DEFAULT_DATA, CallWrong, DataDir, Json, Voice, speaking
from fenghe.hub.titles import titles
from fenghe.kernel.values import CHINA, minor_digits
from fenghe.money import tasks_trace
from fenghe.money.tasks_trace import Traced, state_title
from fenghe.money.trace import TITLES

_NUMBER_HELP = "Any number: order, payment, refund, settlement, voucher, pay-out, parcel."


def trace(
    number: Annotated[str, typer.Argument(metavar="ID", help=_NUMBER_HELP)],
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write the report to this file.")] = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Write report, proof and verifier to this ZIP.")
    ] = None,
    data: DataDir = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Show every document that hangs together with a number, what is missing, and where the money stands."""
    now = datetime.now(UTC)
    with speaking(json) as voice, working_connection(data, voice, name="trace", create=False) as connection:
        traced = tasks_trace.trace(connection, number, now=now)
        if traced is None:
            raise CallWrong(f"没有与编号 {number} 有关的单据。", code="not_found")
        if pdf or bundle:
            files = tasks_trace.bundle(connection, traced, now=now, titles=titles())
            if pdf:
                pdf.write_bytes(files["chain.pdf"])
            if bundle:
                bundle.write_bytes(tasks_trace.packed(files, now=now))
        _tell(voice, traced)


def _tell(voice: Voice, traced: Traced) -> None:
    voice.result(traced)
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


def _amount(currency: str, amount_minor: int | None) -> str:
    if amount_minor is None:
        return ""
    digits = minor_digits(currency)
    whole, part = divmod(abs(amount_minor), 10**digits)
    return f"{'-' if amount_minor < 0 else ''}{whole:,}" + (f".{part:0{digits}d}" if digits else "") + f" {currency}"
