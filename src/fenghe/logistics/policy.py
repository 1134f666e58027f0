"""The fuse's thresholds (熔断阈值): a declaration per carrier, edited on the screen. Pure."""

import msgspec

HOUR_MS = 3_600_000


class FusePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a carrier's word is not taken: too far from what we hold, or a smaller disagreement that has stood too long.

    `distance`: more nodes apart than this trips at once. `age_hours`: a smaller disagreement trips after this long.
    `settle_seconds`: how long a jump may wait for the late steps between before a person is asked (the state waits at once).
    `reuse_hours`: scans older than the order by more than this belong to the number's earlier life.
    `life_days`: a pause longer than this between scans separates two lives of one number.
    """

    distance: int = 2
    age_hours: int = 24
    settle_seconds: int = 5
    reuse_hours: int = 24
    life_days: int = 90

    def problems(self) -> list[str]:
        """What is wrong with these values, in the user's words; empty when nothing is."""
        limits = (
            ("distance", self.distance, 0, 9),
            ("age_hours", self.age_hours, 1, 24 * 30),
            ("settle_seconds", self.settle_seconds, 0, 3600),
            ("reuse_hours", self.reuse_hours, 1, 24 * 60),
            ("life_days", self.life_days, 7, 720),
        )
        return [
            f"{name} 应在 {low} 到 {high} 之间,现在是 {value}"
            for name, value, low, high in limits
            if not low <= value <= high
        ]


DEFAULT_POLICY = FusePolicy()
