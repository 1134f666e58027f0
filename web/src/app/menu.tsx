/** The left menu (菜单): by what one may do, the daily first. */
import {
  ApiOutlined,
  AccountBookOutlined,
  AppstoreOutlined,
  AuditOutlined,
  BarChartOutlined,
  DiffOutlined,
  BellOutlined,
  BookOutlined,
  BranchesOutlined,
  FieldTimeOutlined,
  FileSearchOutlined,
  HistoryOutlined,
  MedicineBoxOutlined,
  NodeIndexOutlined,
  HeartOutlined,
  FileDoneOutlined,
  InboxOutlined,
  InteractionOutlined,
  PayCircleOutlined,
  QuestionCircleOutlined,
  RollbackOutlined,
  SafetyCertificateOutlined,
  ScheduleOutlined,
  ShoppingOutlined,
  TeamOutlined,
  ThunderboltOutlined,
  TruckOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import type { Permission } from "../api/types";
import type { Word } from "../i18n/words";

export interface MenuEntry {
  key: string;
  to: string;
  word: Word;
  icon: ReactNode;
  anyOf: Permission[];
  badge?: "cases_open" | "unmapped_codes" | "compensations_waiting";
}

export interface MenuGroup {
  word: Word;
  entries: MenuEntry[];
}

export const MENU: MenuGroup[] = [
  {
    word: "menu.daily",
    entries: [
      { key: "workbench", to: "/workbench", word: "menu.workbench", icon: <AppstoreOutlined />, anyOf: [] },
      { key: "orders", to: "/orders", word: "menu.orders", icon: <ShoppingOutlined />, anyOf: ["orders.view"] },
      { key: "shipments", to: "/shipments", word: "menu.shipments", icon: <TruckOutlined />, anyOf: ["orders.view"] },
      {
        key: "cases",
        to: "/cases",
        word: "menu.cases",
        icon: <AuditOutlined />,
        anyOf: ["orders.view", "cases.rule", "cases.assign"],
        badge: "cases_open",
      },
      { key: "clocks", to: "/clocks", word: "menu.clocks", icon: <FieldTimeOutlined />, anyOf: ["orders.view"] },
      { key: "heartbeat", to: "/heartbeat", word: "menu.heartbeat", icon: <HeartOutlined />, anyOf: ["orders.view"] },
      {
        key: "contracts",
        to: "/contracts",
        word: "menu.contracts",
        icon: <InteractionOutlined />,
        anyOf: ["orders.view"],
      },
      {
        key: "callbacks",
        to: "/callbacks",
        word: "menu.callbacks",
        icon: <FileSearchOutlined />,
        anyOf: ["orders.view"],
      },
      {
        key: "scorecards",
        to: "/scorecards",
        word: "menu.scorecards",
        icon: <BarChartOutlined />,
        anyOf: ["orders.view"],
      },
    ],
  },
  {
    word: "menu.money",
    entries: [
      { key: "payments", to: "/payments", word: "menu.payments", icon: <PayCircleOutlined />, anyOf: ["money.view"] },
      { key: "refunds", to: "/refunds", word: "menu.refunds", icon: <RollbackOutlined />, anyOf: ["money.view"] },
      { key: "recon", to: "/recon", word: "menu.recon", icon: <AccountBookOutlined />, anyOf: ["money.view"] },
      { key: "breaks", to: "/recon/breaks", word: "menu.breaks", icon: <DiffOutlined />, anyOf: ["money.view"] },
      {
        key: "compensation",
        to: "/money/compensation",
        word: "menu.compensation",
        icon: <MedicineBoxOutlined />,
        anyOf: ["money.view"],
        badge: "compensations_waiting",
      },
      { key: "trace", to: "/trace", word: "menu.trace", icon: <NodeIndexOutlined />, anyOf: ["money.view"] },
      { key: "ledger", to: "/ledger", word: "menu.ledger", icon: <BookOutlined />, anyOf: ["money.view"] },
      {
        key: "statements",
        to: "/money/statements",
        word: "menu.statements",
        icon: <FileDoneOutlined />,
        anyOf: ["money.view", "money.import"],
      },
    ],
  },
  {
    word: "menu.rules",
    entries: [
      {
        key: "mapping",
        to: "/mapping",
        word: "menu.mapping",
        icon: <BranchesOutlined />,
        anyOf: ["mapping.edit", "mapping.publish", "audit.view"],
      },
      {
        key: "unmapped",
        to: "/mapping/unmapped",
        word: "menu.unmapped",
        icon: <QuestionCircleOutlined />,
        anyOf: ["mapping.edit", "mapping.publish", "audit.view"],
        badge: "unmapped_codes",
      },
      {
        key: "policies",
        to: "/policies",
        word: "menu.policies",
        icon: <ThunderboltOutlined />,
        anyOf: ["policy.edit", "policy.publish", "audit.view"],
      },
      {
        key: "beats",
        to: "/heartbeat/policies",
        word: "menu.beats",
        icon: <HistoryOutlined />,
        anyOf: ["policy.edit", "policy.publish", "audit.view"],
      },
      {
        key: "promises",
        to: "/promises",
        word: "menu.promises",
        icon: <ScheduleOutlined />,
        anyOf: ["policy.edit", "policy.publish", "audit.view"],
      },
    ],
  },
  {
    word: "menu.evidence",
    entries: [
      { key: "inbox", to: "/inbox", word: "menu.inbox", icon: <InboxOutlined />, anyOf: ["inbox.view"] },
      { key: "audit", to: "/audit", word: "menu.audit", icon: <SafetyCertificateOutlined />, anyOf: ["audit.view"] },
      {
        key: "freshness",
        to: "/freshness",
        word: "menu.freshness",
        icon: <HeartOutlined />,
        anyOf: ["orders.view", "sources.manage"],
      },
      { key: "sources", to: "/sources", word: "menu.sources", icon: <ApiOutlined />, anyOf: ["sources.manage"] },
      { key: "notices", to: "/notices", word: "menu.notices", icon: <BellOutlined />, anyOf: [] },
      {
        key: "people",
        to: "/people",
        word: "menu.people",
        icon: <TeamOutlined />,
        anyOf: ["users.manage", "tokens.manage", "audit.view"],
      },
    ],
  },
];

/** The entry whose address is the longest beginning of where one is. */
export function activeEntry(pathname: string): MenuEntry | undefined {
  return MENU.flatMap((group) => group.entries)
    .filter((entry) => pathname === entry.to || pathname.startsWith(`${entry.to}/`))
    .sort((a, b) => b.to.length - a.to.length)[0];
}
