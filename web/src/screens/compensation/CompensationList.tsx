/** Compensations by state; decided many at a time, with their number and sum spelled out first. */
import { useMemo } from "react";
import type { CompensationRow } from "../../api/types-compensation";
import { useT } from "../../i18n";
import { QueryTable } from "../../table/QueryTable";
import { useListState } from "../../table/useListState";
import { CompensationDrawer } from "./CompensationDrawer";
import { compensationColumns } from "./columns";
import { DecideButtons } from "./DecideButtons";

const TABS = ["proposed", "approved", "under_way", "done", "failed", "refused", "withdrawn", "all"] as const;
const KINDS = ["rebuild_order", "refund_payment", "book_refund"] as const;
const SOURCE = { topic: "money", path: "/api/compensations" } as const;

export function CompensationList() {
  const t = useT();
  const control = useListState("-id");
  const columns = useMemo(() => compensationColumns(t), [t]);
  const deciding = (control.state.filters.tab ?? "proposed") === "proposed";
  return (
    <>
      <QueryTable<CompensationRow>
        screen="compensations"
        testId="compensations-table"
        source={SOURCE}
        control={control}
        columns={columns}
        fields={[
          { kind: "text", name: "number", label: t("comp.number"), primary: true },
          {
            kind: "choice",
            name: "kind",
            label: t("comp.kind"),
            choices: KINDS.map((value) => ({ value, title: t(`comp.kind.${value}`) })),
            primary: true,
          },
        ]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `compensation-row-${row.id}`}
        tabs={{
          name: "tab",
          first: "proposed",
          list: TABS.map((key) => ({ key, label: t(`comp.tab.${key}`), alarming: key === "failed" })),
        }}
        views
        {...(deciding
          ? { bulk: (selection, clear) => <DecideButtons selection={selection} onDone={clear} /> }
          : {})}
        onOpen={(row) => control.open(row.id)}
        activeId={control.openId}
        empty={{ title: t("comp.empty"), hint: t("comp.emptyHint") }}
      />
      {control.openId && <CompensationDrawer id={control.openId} onClose={() => control.open(null)} />}
    </>
  );
}
