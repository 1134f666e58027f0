"""What may be declared (声明总表): every room's kinds, by word."""

from fenghe.kernel.declarations.contract import DeclaredKind, Kinds
from fenghe.logistics.store_declared import FuseKind, HeartbeatKind
from fenghe.money.store_compensation_declared import CompensationKind
from fenghe.money.store_declared import ChartKind, PostingKind
from fenghe.money.store_rules import MatchKind


def declared_kinds() -> Kinds:
    """Every kind of declaration whose life the kernel keeps."""
    kinds: tuple[DeclaredKind, ...] = (
        FuseKind(), HeartbeatKind(), PostingKind(), ChartKind(), MatchKind(), CompensationKind(),
    )  # fmt: skip
    return {one.kind: one for one in kinds}
