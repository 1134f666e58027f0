/** Words of declarations: what a dry run counts, whatever the kind. */
import type { Dictionary } from "./dictionary";

export const declarations = {
  "declaration.mind": ["请注意", "Mind this"],
  "figure.shipments_changed": ["状态或工单会变的运单", "Shipments whose state or cases would change"],
  "figure.cases_would_open": ["会新开的工单", "Cases that would open"],
  "figure.cases_would_close": ["会关闭的工单", "Cases that would close"],
  "figure.watched": ["在盯的运单", "Watched shipments"],
  "figure.silent": ["会判为无更新的运单", "Shipments that would be called silent"],
  "figure.calls_needed": ["最忙的连接每分钟要问的次数", "Calls a minute the busiest connection needs"],
  "figure.calls_allowed": ["每分钟最多问的次数", "Calls a minute allowed"],
  "action.declaration.draft.discarded": ["放弃草稿", "Discarded a draft"],
  "action.declaration.publish.done": ["发布声明", "Published a declaration"],
  "action.declaration.rollback.done": ["回滚声明", "Rolled a declaration back"],
} as const satisfies Dictionary;
