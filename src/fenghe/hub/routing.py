"""Every room's routes (路由总表), and how the orders room learns of parcels without knowing the logistics room."""

from collections.abc import Sequence
from typing import Any

from fenghe.hub import routes_contract, routes_intake, routes_layout
from fenghe.insight import routes as insight
from fenghe.insight import routes_clocks, routes_freshness, routes_scores
from fenghe.kernel.audit import routes as audit
from fenghe.kernel.cases import routes as cases
from fenghe.kernel.inbox import routes as inbox
from fenghe.kernel.notices import routes as notices
from fenghe.kernel.notices import routes_log, routes_robots, routes_rules
from fenghe.logistics import routes as logistics
from fenghe.logistics import (
    routes_callbacks,
    routes_heartbeat,
    routes_mapping,
)
from fenghe.logistics.routes_rows import details_of_orders
from fenghe.money import (
    routes_compensation,
    routes_ledger,
    routes_payments,
    routes_recon,
    routes_recon_acts,
    routes_reminders,
    routes_seeking,
    routes_statements,
    routes_trace,
)
from fenghe.orders import routes as orders

__all__ = ["details_of_orders", "routers"]


def routers() -> Sequence[Any]:
    """The rooms' routers; people, connections and views are the kernel's own and always there."""
    return [
        orders.router,
        logistics.router,
        cases.router,
        inbox.router,
        audit.router,
        insight.router,
        routes_mapping.router,
        routes_ledger.router,
        routes_trace.router,
        routes_seeking.router,
        routes_callbacks.router,
        routes_statements.router,
        routes_intake.router,
        routes_payments.router,
        notices.router,
        routes_robots.router,
        routes_rules.router,
        routes_log.router,
        routes_heartbeat.router,
        routes_contract.router,
        routes_layout.router,
        routes_clocks.router,
        routes_freshness.router,
        routes_scores.router,
        routes_recon.router,
        routes_recon_acts.router,
        routes_compensation.router,
        routes_reminders.router,
    ]
