"""Any carrier that speaks JSON over HTTP (通用JSON承运商): declared, not programmed; see docs/connectors.md."""

from collections.abc import Mapping
from typing import Any, Final

from fenghe.connectors.generic_json import push
from fenghe.connectors.generic_json.layout import layout_of
from fenghe.connectors.scans import reading_or_note
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class GenericJson:
    """A carrier without code of its own."""

    name = "generic_json"
    title = "通用JSON承运商"
    kind = "carrier"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Verify the declared signature over the exact bytes."""
        return push.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """A message as events, by the layout in the source's settings."""
        return reading_or_note(lambda: push.read(message))


def problems(config: Mapping[str, Any], secrets: Mapping[str, str]) -> list[str]:
    """What is wrong with a source's settings before it is used, in the user's words; empty when nothing is."""
    layout = layout_of(config)
    return (layout if isinstance(layout, list) else []) + push.check_problems(secrets)


CONNECTOR: Final[Connector] = GenericJson()
