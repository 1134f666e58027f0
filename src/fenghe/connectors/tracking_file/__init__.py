"""Exported tracking of unknown provenance (轨迹文件): one record, sniffed and read; see docs/formats.md."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.scans import Scans, decode_json, reading_or_note, text_of
from fenghe.connectors.tracking_file.envelope import with_envelope
from fenghe.connectors.tracking_file.layouts import Context
from fenghe.connectors.tracking_file.walk import read_record
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class TrackingFile:
    """One line or row of an export. It comes from a signed-in person or the command line, never through the door."""

    name = "tracking_file"
    title = "轨迹文件"
    kind = "file"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:  # noqa: ARG002
        """Nothing is pushed to a file source."""
        return Refused(reason="not_a_webhook", status=404)

    def read(self, message: InboundMessage) -> Reading:
        """A record as events. Config: `carrier` (where the file names none), `codes` (its code list)."""
        config = message.config
        context = Context(carrier=text_of(config.get("carrier")), codes=text_of(config.get("codes")))
        return reading_or_note(lambda: _read(message.body, context))


def _read(body: bytes, context: Context) -> Reading:
    told = decode_json(body)
    return with_envelope(read_record(told, context, Scans()), told)


CONNECTOR: Final[Connector] = TrackingFile()
