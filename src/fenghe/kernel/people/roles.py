"""Roles and rights (角色与权限): the one table of who may do what. Least privilege; pure."""

from collections.abc import Iterable
from typing import Final

PERMISSIONS: Final[dict[str, str]] = {
    "orders.view": "查看订单、运单与工单",
    "orders.pii": "查看收件人姓名、电话、地址",
    "cases.rule": "裁定工单、手动更正状态",
    "cases.assign": "分派工单",
    "mapping.edit": "编辑状态映射草稿",
    "mapping.publish": "发布与回滚状态映射",
    "policy.edit": "编辑熔断阈值草稿",
    "policy.publish": "发布与回滚熔断阈值",
    "money.view": "查看资金、对账与总账",
    "money.edit": "编辑资金规则草稿、登记对账处理",
    "money.approve": "发布资金规则、复核动钱的处理、关账",
    "inbox.view": "查看收件箱与原始报文",
    "inbox.replay": "重放报文",
    "money.import": "导入账单、编辑账单布局",
    "money.reconcile": "处理差异、提出与批准人工匹配",
    "exports.create": "导出文件",
    "audit.view": "查看审计与访问记录",
    "sources.manage": "管理连接与密钥",
    "notices.manage": "管理通知机器人、规则与投递日志",
    "tokens.manage": "管理自己的 API 令牌",
    "users.manage": "管理人员与角色",
}
"""Every right with its words. A right not in this table does not exist."""

ROLES: Final[dict[str, str]] = {
    "cs": "客服",
    "ops": "运营",
    "purchasing": "采购",
    "finance": "财务",
    "warehouse": "仓库",
    "admin": "管理员",
    "auditor": "审计",
}

GRANTS: Final[dict[str, frozenset[str]]] = {
    "cs": frozenset({"orders.view", "orders.pii", "cases.rule", "exports.create"}),
    "ops": frozenset(
        {
            "orders.view", "cases.rule", "cases.assign", "mapping.edit", "mapping.publish", "policy.edit",
            "policy.publish", "money.view", "inbox.view", "inbox.replay", "exports.create", "notices.manage",
        }
    ),
    "purchasing": frozenset({"orders.view", "exports.create"}),
    "finance": frozenset(
        {
            "orders.view", "money.view", "money.import", "money.edit", "money.reconcile", "money.approve",
            "exports.create", "audit.view",
        }
    ),
    "warehouse": frozenset({"orders.view"}),
    "admin": frozenset(PERMISSIONS),
    "auditor": frozenset({"orders.view", "money.view", "inbox.view", "audit.view", "exports.create"}),
}  # fmt: skip
"""What each role may do. Raw messages hold personal data in the clear, so who may see them is kept small."""


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """All rights of these roles together; a role nobody knows any more gives none."""
    return frozenset().union(*(GRANTS.get(role, frozenset()) for role in roles))


def unknown_roles(roles: Iterable[str]) -> list[str]:
    """Those that are not roles."""
    return [role for role in roles if role not in ROLES]


def unknown_permissions(permissions: Iterable[str]) -> list[str]:
    """Those that are not rights."""
    return [one for one in permissions if one not in PERMISSIONS]


def title_of(permission: str) -> str:
    """A right in words, as the refusal names it."""
    return PERMISSIONS.get(permission, permission)
