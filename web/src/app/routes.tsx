/** Addresses of the screens; each screen's code is loaded when first visited. */
import { createBrowserRouter, Navigate } from "react-router";
import { CrashScreen, NotFoundScreen } from "./Failures";
import { Gate } from "./Gate";

export const router = createBrowserRouter([
  {
    path: "/sign-in",
    lazy: async () => ({ Component: (await import("./SignIn")).SignIn }),
    errorElement: <CrashScreen />,
    hydrateFallbackElement: <div className="fh-boot" />,
  },
  {
    path: "/m",
    lazy: async () => ({ Component: (await import("../mobile/MobileShell")).MobileShell }),
    errorElement: <CrashScreen />,
    hydrateFallbackElement: <div className="fh-boot" />,
    children: [
      { index: true, lazy: async () => ({ Component: (await import("../mobile/TodoList")).TodoList }) },
      { path: "cases/:id", lazy: async () => ({ Component: (await import("../mobile/MobileCase")).MobileCase }) },
      { path: "orders/:id", lazy: async () => ({ Component: (await import("../mobile/MobileOrder")).MobileOrder }) },
    ],
  },
  {
    path: "/",
    element: <Gate />,
    errorElement: <CrashScreen />,
    hydrateFallbackElement: <div className="fh-boot" />,
    children: [
      {
        errorElement: <CrashScreen />,
        children: [
          { index: true, element: <Navigate to="/workbench" replace /> },
          {
            path: "workbench",
            lazy: async () => ({ Component: (await import("../screens/workbench/Workbench")).Workbench }),
          },
          {
            path: "orders",
            lazy: async () => ({ Component: (await import("../screens/orders/OrderList")).OrderList }),
          },
          {
            path: "orders/:id",
            lazy: async () => ({ Component: (await import("../screens/orders/OrderPage")).OrderPage }),
          },
          {
            path: "shipments",
            lazy: async () => ({ Component: (await import("../screens/shipments/ShipmentList")).ShipmentList }),
          },
          {
            path: "shipments/:id",
            lazy: async () => ({ Component: (await import("../screens/shipments/ShipmentPage")).ShipmentScreen }),
          },
          {
            path: "payments",
            lazy: async () => ({ Component: (await import("../screens/payments/PaymentList")).PaymentList }),
          },
          {
            path: "payments/:id",
            lazy: async () => ({ Component: (await import("../screens/payments/MoneyPages")).PaymentScreen }),
          },
          {
            path: "refunds",
            lazy: async () => ({ Component: (await import("../screens/payments/RefundList")).RefundList }),
          },
          {
            path: "refunds/:id",
            lazy: async () => ({ Component: (await import("../screens/payments/MoneyPages")).RefundScreen }),
          },
          { path: "cases", lazy: async () => ({ Component: (await import("../screens/cases/CaseQueue")).CaseQueue }) },
          {
            path: "cases/:id",
            lazy: async () => ({ Component: (await import("../screens/cases/CasePage")).CasePage }),
          },
          {
            path: "mapping",
            lazy: async () => ({ Component: (await import("../screens/mapping/MappingList")).MappingList }),
          },
          {
            path: "mapping/unmapped",
            lazy: async () => ({ Component: (await import("../screens/mapping/UnmappedQueue")).UnmappedQueue }),
          },
          {
            path: "mapping/:codes",
            lazy: async () => ({ Component: (await import("../screens/mapping/MappingPage")).MappingPage }),
          },
          {
            path: "policies",
            lazy: async () => ({ Component: (await import("../screens/policies/FuseList")).FuseList }),
          },
          {
            path: "policies/:carrier",
            lazy: async () => ({ Component: (await import("../screens/policies/FusePage")).FusePage }),
          },
          { path: "trace", lazy: async () => ({ Component: (await import("../screens/trace/TracePage")).TracePage }) },
          { path: "recon", lazy: async () => ({ Component: (await import("../screens/recon/ReconPage")).ReconPage }) },
          {
            path: "recon/runs/:id",
            lazy: async () => ({ Component: (await import("../screens/recon/RunPage")).RunPage }),
          },
          {
            path: "recon/breaks",
            lazy: async () => ({ Component: (await import("../screens/recon/BreakQueue")).BreakQueue }),
          },
          {
            path: "recon/rules/:name",
            lazy: async () => ({ Component: (await import("../screens/recon/RulePage")).RulePage }),
          },
          {
            path: "callbacks",
            lazy: async () => ({
              Component: (await import("../screens/callbacks/CallbackAuditPage")).CallbackAuditPage,
            }),
          },
          {
            path: "money/compensation",
            lazy: async () => ({
              Component: (await import("../screens/compensation/CompensationPage")).CompensationPage,
            }),
          },
          {
            path: "money/compensation/rules/:name",
            lazy: async () => ({ Component: (await import("../screens/compensation/RulePage")).RulePage }),
          },
          {
            path: "money/compensation/reminders/:name",
            lazy: async () => ({
              Component: (await import("../screens/reminders/ReminderRulePage")).ReminderRulePage,
            }),
          },
          {
            path: "ledger",
            lazy: async () => ({ Component: (await import("../screens/ledger/LedgerPage")).LedgerPage }),
          },
          {
            path: "ledger/:kind/:name",
            lazy: async () => ({ Component: (await import("../screens/ledger/DeclaredPage")).DeclaredPage }),
          },
          {
            path: "heartbeat",
            lazy: async () => ({ Component: (await import("../screens/heartbeat/HeartbeatPage")).HeartbeatPage }),
          },
          {
            path: "heartbeat/policies",
            lazy: async () => ({ Component: (await import("../screens/heartbeat/BeatList")).BeatList }),
          },
          {
            path: "heartbeat/policies/:carrier",
            lazy: async () => ({ Component: (await import("../screens/heartbeat/BeatPage")).BeatPage }),
          },
          {
            path: "contracts",
            lazy: async () => ({ Component: (await import("../screens/contracts/ContractList")).ContractList }),
          },
          {
            path: "clocks",
            lazy: async () => ({ Component: (await import("../screens/clocks/ClockBoard")).ClockBoard }),
          },
          {
            path: "scorecards",
            lazy: async () => ({ Component: (await import("../screens/scorecards/Scorecards")).Scorecards }),
          },
          {
            path: "promises",
            lazy: async () => ({ Component: (await import("../screens/promises/PromiseList")).PromiseList }),
          },
          {
            path: "promises/:name",
            lazy: async () => ({ Component: (await import("../screens/promises/PromisePage")).PromisePage }),
          },
          {
            path: "freshness",
            lazy: async () => ({ Component: (await import("../screens/freshness/Freshness")).Freshness }),
          },
          { path: "inbox", lazy: async () => ({ Component: (await import("../screens/inbox/Inbox")).Inbox }) },
          { path: "audit", lazy: async () => ({ Component: (await import("../screens/audit/AuditList")).AuditList }) },
          {
            path: "sources",
            lazy: async () => ({ Component: (await import("../screens/sources/SourceList")).SourceList }),
          },
          {
            path: "notices",
            lazy: async () => ({ Component: (await import("../screens/notices/NoticeScreen")).NoticeScreen }),
          },
          {
            path: "notices/rules/:name",
            lazy: async () => ({ Component: (await import("../screens/notices/RulePage")).RulePage }),
          },
          { path: "people", lazy: async () => ({ Component: (await import("../screens/people/People")).People }) },
          {
            path: "money/statements",
            lazy: async () => ({ Component: (await import("../screens/statements/Statements")).Statements }),
          },
          { path: "*", element: <NotFoundScreen /> },
        ],
      },
    ],
  },
]);
