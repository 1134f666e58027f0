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
          { path: "inbox", lazy: async () => ({ Component: (await import("../screens/inbox/Inbox")).Inbox }) },
          { path: "audit", lazy: async () => ({ Component: (await import("../screens/audit/AuditList")).AuditList }) },
          {
            path: "sources",
            lazy: async () => ({ Component: (await import("../screens/sources/SourceList")).SourceList }),
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
