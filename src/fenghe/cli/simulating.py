"""`fenghe simulate`: the sandbox alone, pushing to a hub that is already configured with its keys."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from fenghe.simulator.faults import Fault, FaultKind
from fenghe.simulator.running import simulate as run
from fenghe.simulator.world import World


def simulate(
    hub: Annotated[str, typer.Argument(help="The hub's address, like http://127.0.0.1:8600")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed tells the same world.")] = 1,
    parcels: Annotated[int, typer.Option("--parcels", min=1, help="How many parcels.")] = 200,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="KIND=COUNT, like ghost=10; may be repeated.")
    ] = None,
    speed: Annotated[float, typer.Option("--speed", min=0.1, help="How fast the world's time runs.")] = 1440.0,
    port: Annotated[int, typer.Option("--port", help="Port of the carriers' gateways (0: a free one).")] = 8700,
) -> None:
    """Serve carriers' gateways on loopback and push their scans to the hub, with declared faults."""
    faults = [_fault(text) for text in fault or ()]
    world = World(seed=seed, now=datetime.now(UTC) - timedelta(days=4), parcels=parcels, faults=faults, days=3.0)
    for teller, secrets in world.secrets.items():
        typer.echo(f"{teller}: {secrets}")
    done = run(world, hub=hub, port=port, speed=speed)
    typer.echo(f"{done.sent} pushes, {done.acknowledged} acknowledged, {len(done.given_up)} given up")
    if done.given_up:
        raise typer.Exit(1)


def _fault(text: str) -> Fault:
    kind, _, count = text.partition("=")
    known = ", ".join(FaultKind)
    if kind not in set(FaultKind) or not count.isdigit():
        raise typer.BadParameter(f"{text!r}: expected KIND=COUNT with KIND one of {known}")
    return Fault(kind=FaultKind(kind), count=int(count))
