/** Every voucher (记账凭证), newest first. */
import { useMemo, useState } from "react";
import { useGet } from "../../api/queries";
import type { DeclarationKind } from "../../api/types-declarations";
import type { Chart, Period, Voucher } from "../../api/types-ledger";
import { useT } from "../../i18n";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";
import { voucherColumns } from "./columns";
import { VoucherDrawer } from "./VoucherDrawer";

const SOURCE = { topic: "money", path: "/api/ledger/vouchers", fixed: {} } as const;

export function VoucherList() {
  const t = useT();
  const control = useListState("-posted");
  const [open, setOpen] = useState<Voucher | null>(null);
  const columns = useMemo(() => voucherColumns(t), [t]);
  const periods = useGet<Period[]>("money", "/api/ledger/periods").data ?? [];
  const events = useGet<DeclarationKind>("declarations", "/api/declarations/posting_rule").data?.declarations ?? [];
  const chart = useGet<DeclarationKind<Chart>>("declarations", "/api/declarations/chart_of_accounts").data;
  const accounts = chart?.declarations[0]?.body.accounts ?? [];
  return (
    <>
      <QueryTable<Voucher>
        screen="vouchers"
        testId="voucher-table"
        source={SOURCE}
        control={control}
        columns={columns}
        exportable={false}
        views
        fields={[
          { kind: "numbers", name: "q", label: t("ledger.numbers"), primary: true },
          {
            kind: "choice",
            name: "period",
            label: t("ledger.period"),
            choices: periods.map((each) => ({ value: each.name, title: each.name })),
            primary: true,
          },
          {
            kind: "choice",
            name: "event",
            label: t("ledger.event"),
            choices: events.map((each) => ({ value: each.name, title: each.title })),
            primary: true,
          },
          {
            kind: "choice",
            name: "account",
            label: t("ledger.account"),
            choices: accounts.map((each) => ({ value: each.code, title: `${each.code} ${each.title}` })),
            primary: true,
          },
        ]}
        rowKey={(row) => row.id}
        rowTestId={() => "voucher-row"}
        rowClass={(row) => (row.reversed_by ? "fh-reversed" : "")}
        onOpen={setOpen}
        activeId={open?.id ?? null}
        empty={{ title: t("ledger.empty"), hint: t("ledger.emptyHint") }}
      />
      {open && <VoucherDrawer voucher={open} onClose={() => setOpen(null)} />}
    </>
  );
}
