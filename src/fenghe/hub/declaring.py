"""What may be declared (声明总表): every room's kinds, by word."""

from fenghe.hub.declared_layouts import LayoutKind
from fenghe.hub.notices import words
from fenghe.hub.titles import titles
from fenghe.insight.store_declared import CadenceKind, PromiseKind
from fenghe.kernel.declarations.contract import DeclaredKind, Kinds
from fenghe.kernel.notices.store_declared import NoticeKind
from fenghe.logistics.store_declared import FuseKind, HeartbeatKind
from fenghe.money.store_compensation_declared import CompensationKind
from fenghe.money.store_declared import ChartKind, PostingKind
from fenghe.money.store_reminders_declared import ReminderKind
from fenghe.money.store_rules import MatchKind


def declared_kinds() -> Kinds:
    """Every kind of declaration whose life the kernel keeps."""
    kinds: tuple[DeclaredKind, ...] = (
        FuseKind(), HeartbeatKind(), NoticeKind(words), PromiseKind(titles()), CadenceKind(), LayoutKind(),
        PostingKind(), ChartKind(), MatchKind(), CompensationKind(), ReminderKind(),
    )  # fmt: skip
    return {one.kind: one for one in kinds}
