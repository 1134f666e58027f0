/** Where a subject's page is. */
const PAGES: Record<string, string> = {
  order: "orders",
  shipment: "shipments",
  payment: "payments",
  refund: "refunds",
};

export function subjectPath(kind: string | null | undefined, id: string | null | undefined): string {
  return `/${PAGES[kind ?? ""] ?? "shipments"}/${id ?? ""}`;
}
