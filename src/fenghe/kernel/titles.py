"""What the screens call our words (称呼): states, reasons, carriers, channels, sources. Pure data."""

from collections.abc import Mapping

import msgspec


class Titles(msgspec.Struct, frozen=True, kw_only=True):
    """Titles by word, states and reasons by kind of subject; a word nobody named is shown as it is: a gap is seen."""

    states: Mapping[str, Mapping[str, str]] = {}
    ranks: Mapping[str, Mapping[str, int]] = {}
    reasons: Mapping[str, Mapping[str, str]] = {}
    carriers: Mapping[str, str] = {}
    channels: Mapping[str, str] = {}
    sources: Mapping[str, str] = {}

    def state(self, kind: str, word: str | None) -> str | None:
        """The title of a state, None for none."""
        return None if word is None else self.states.get(kind, {}).get(word, word)

    def rank(self, kind: str, word: str | None) -> int | None:
        """The state's place on its scale, None beside it."""
        return None if word is None else self.ranks.get(kind, {}).get(word)

    def reason(self, kind: str, word: str | None) -> str:
        """Why something was taken or not; silent words are states themselves."""
        if not word:
            return ""
        return self.reasons.get(kind, {}).get(word) or self.states.get(kind, {}).get(word, word)

    def case_kind(self, kind: str) -> str:
        """The title of `shipment.distance`: what is wrong, about what."""
        subject, _, reason = kind.partition(".")
        return self.reason(subject, reason) if reason else kind

    def source(self, name: str) -> str:
        """The title of a connection."""
        return self.sources.get(name, name)

    def carrier(self, word: str | None) -> str:
        """The title of a carrier, "" for none."""
        return self.carriers.get(word, word) if word else ""

    def channel(self, word: str) -> str:
        """The title of a channel."""
        return self.channels.get(word, word)

    def codes(self, word: str) -> str:
        """The title of a code list: it belongs to a carrier, a channel or a connection of its own."""
        return self.carriers.get(word) or self.channels.get(word) or self.sources.get(word, word)

    def named(self, sources: Mapping[str, str]) -> "Titles":
        """The same titles with the connections as they are called now."""
        return msgspec.structs.replace(self, sources={**self.sources, **sources})
