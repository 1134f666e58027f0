"""The demo's robots (演示机器人): groups of the sandbox with real signatures, and a rule that sends them the alert cards."""

from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.connectors.robots import CHANNELS
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.notices import store_robots, store_routing
from fenghe.kernel.notices.rule import NOTICE_RULE, Digest, NoticeRule, Targets
from fenghe.kernel.notices.store_robots import RobotChange, RobotWish
from fenghe.kernel.notices.timing import Quiet
from fenghe.kernel.people.person import Actor
from fenghe.simulator.robots import SECRETS

TITLES: Final = {
    "dingtalk": "物流预警群(钉钉沙箱)",
    "wecom": "仓库协作群(企业微信沙箱)",
    "feishu": "运营值班群(飞书沙箱)",
}
RULES: Final = {
    "wuliu": NoticeRule(
        title="物流异常预警卡片",
        events=["opened", "reopened"],
        kinds=["shipment.*"],
        targets=Targets(robots=["dingtalk-demo", "feishu-demo"], roles=["ops", "cs"]),
        digest=Digest(minutes=1, more_than=3, top=5),
    ),
    "chaoshi": NoticeRule(
        title="工单超时催办",
        events=["overdue"],
        targets=Targets(robots=["wecom-demo"], owner=True),
        quiet=Quiet(start="22:00", end="08:00"),
        digest=Digest(minutes=10),
    ),
}


def prepare(connection: Connection[Any], *, key: bytes, robots: str, public_url: str) -> None:
    """Enter the robots at the first start; at every start tell them where the sandbox listens now."""
    actor = Actor("admin", "127.0.0.1")
    known = store_robots.robots_known(connection)
    for kind, title in TITLES.items():
        name, config = f"{kind}-demo", {"base_url": f"{robots}/{kind}"}
        if name in known:
            change = RobotChange(config=config)
            store_robots.change_robot(connection, name, change, channels=CHANNELS, key=key, actor=actor)
            continue
        wish = RobotWish(id=name, kind=kind, title=title, config=config, secrets=dict(SECRETS[kind]))
        store_robots.create_robot(connection, wish, channels=CHANNELS, key=key, actor=actor)
    if not known:
        for name, rule in RULES.items():
            _publish(connection, name, rule)
    store_routing.set_public_url(connection, public_url)


def _publish(connection: Connection[Any], name: str, rule: NoticeRule) -> None:
    draft = declarations.save_draft(
        connection,
        NOTICE_RULE,
        name,
        body=msgspec.to_builtins(rule),
        revision=None,
        author="yunying",
        base_version=0,
    )
    declarations.publish(
        connection, NOTICE_RULE, name, note="演示:预警卡片发到沙箱的群", author="admin", revision=draft.revision
    )
