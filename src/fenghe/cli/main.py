"""The command line (命令行): `fenghe ...`. Exit status 0 done, 2 the input or the call is wrong, 1 anything else."""

import typer

from fenghe.cli import (
    auditing,
    backing_up,
    breaking,
    callbacks,
    demo,
    importing,
    people,
    reconciling,
    serving,
    simulating,
    tracing,
)
from fenghe.cli.bench import command as bench
from fenghe.cli.bench import heartbeat
from fenghe.cli.bench import reconciling as bench_recon
from fenghe.kernel.logs import logs_to_stderr

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="缝合 Fenghe: an order-governance hub that doubts what it hears and keeps the evidence.",
)
app.callback()(logs_to_stderr)
app.command("serve")(serving.serve)
app.command("api")(serving.api)
app.command("worker")(serving.worker)
app.command("migrate")(backing_up.migrate)
app.command("backup")(backing_up.backup)
app.command("restore")(backing_up.restore)
app.command("import")(importing.import_files)
app.command("scan")(reconciling.scan)
app.command("reconcile")(reconciling.reconcile)
app.command("breaks")(breaking.breaks)
app.command("trace")(tracing.trace)
app.command("simulate")(simulating.simulate)
app.command("demo")(demo.demo)

benches = typer.Typer(help="The hub's speed as ratios against this machine's own limit.")
benches.callback(invoke_without_command=True)(bench.bench)
benches.command("recon")(bench_recon.bench_recon)
benches.command("heartbeat")(heartbeat.bench_heartbeat)
app.add_typer(benches, name="bench")

users = typer.Typer(no_args_is_help=True, help="People who may sign in.")
users.command("add")(people.add)
app.add_typer(users, name="user")

audit = typer.Typer(no_args_is_help=True, help="The audit chain.")
audit.command("verify")(auditing.verify)
app.add_typer(audit, name="audit")

told = typer.Typer(no_args_is_help=True, help="What carriers told.")
told.command("audit")(callbacks.audit)
app.add_typer(told, name="callbacks")

if __name__ == "__main__":
    app()
