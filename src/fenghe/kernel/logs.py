"""Logs (日志): what a process says of itself goes to the error stream, so that a command's own answer stays readable."""

import sys

import structlog


def logs_to_stderr() -> None:
    """For every process of the hub, before it says anything."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
