/** The two-way contract (双向契约): what was asked of carriers, what they answered, and whether they kept it. */
import { Link } from "react-router";
import { useFacets } from "../../api/queries";
import type { ContractRow } from "../../api/types-heartbeat";
import { type Translate, useT } from "../../i18n";
import { Blank, Copyable } from "../../parts/Copyable";
import { PageHead } from "../../parts/PageHead";
import { AgoText, TimeText } from "../../parts/Values";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";
import { ContractState, Finding, WithdrawButton } from "./ContractParts";

const TABS = ["all", "found", "refused", "asked", "accepted", "withdrawn"] as const;
const ACTS = ["track.subscribe", "shipment.create"] as const;
const FINDINGS = ["no_push", "answer_differs", "number_differs", "not_shipped"] as const;
const SOURCE = { topic: "orders", path: "/api/contracts" } as const;

export function ContractList() {
  const t = useT();
  const facets = useFacets();
  const control = useListState("-asked_at");
  const acts = ACTS.map((value) => ({ value, title: t(`contract.act.${value}`) }));
  const findings = FINDINGS.map((value) => ({ value, title: t(`caseKind.contract.${value}`) }));
  return (
    <>
      <PageHead title={t("menu.contracts")} note={t("contract.intro")} />
      <QueryTable<ContractRow>
        screen="contracts"
        testId="contracts-table"
        source={SOURCE}
        control={control}
        columns={contractColumns(t)}
        fields={[
          { kind: "numbers", name: "q", label: t("order.numbers"), primary: true },
          { kind: "choice", name: "act", label: t("contract.act"), choices: acts, primary: true },
          { kind: "choice", name: "finding", label: t("contract.finding"), choices: findings, primary: true },
          { kind: "choice", name: "source", label: t("contract.source"), choices: facets.sources },
        ]}
        rowKey={(row) => row.id}
        rowTestId={(row) => `contract-row-${row.id}`}
        tabs={{
          name: "tab",
          first: "all",
          list: TABS.map((key) => ({
            key,
            label: t(`contract.tab.${key}`),
            alarming: key === "found" || key === "refused",
          })),
        }}
        empty={{ title: t("contract.none"), hint: t("contract.noneHint") }}
        views
      />
    </>
  );
}

function contractColumns(t: Translate): QueryColumn<ContractRow>[] {
  return [
    {
      key: "subject",
      title: t("shipment.no"),
      width: 190,
      fixed: "left",
      render: (row) =>
        row.shipment_id ? (
          <Copyable text={row.tracking_no}>
            <Link to={`/shipments/${row.shipment_id}?view=watch`}>{row.tracking_no}</Link>
          </Copyable>
        ) : (
          <Blank />
        ),
    },
    {
      key: "order",
      title: t("order.no"),
      width: 190,
      render: (row) => (row.order_id ? <Link to={`/orders/${row.order_id}`}>{row.order_no}</Link> : <Blank />),
    },
    { key: "act", title: t("contract.act"), width: 90, render: (row) => row.act_title },
    { key: "source", title: t("contract.source"), width: 140, render: (row) => row.source_title },
    { key: "state", title: t("contract.state"), width: 110, render: (row) => <ContractState row={row} /> },
    {
      key: "finding_since",
      title: t("contract.finding"),
      width: 260,
      sort: "finding_since",
      render: (row) => <Finding row={row} />,
    },
    {
      key: "pushed_at",
      title: t("contract.pushed"),
      width: 110,
      sort: "pushed_at",
      render: (row) => <AgoText at={row.pushed_at} />,
    },
    { key: "heard_at", title: t("contract.heard"), width: 120, render: (row) => <AgoText at={row.heard_at} /> },
    {
      key: "asked_at",
      title: t("contract.asked"),
      width: 134,
      sort: "asked_at",
      render: (row) => <TimeText at={row.asked_at} />,
    },
    {
      key: "answered_at",
      title: t("contract.answered"),
      width: 134,
      sort: "answered_at",
      render: (row) => <TimeText at={row.answered_at} />,
    },
    {
      key: "waybill",
      title: t("contract.waybill"),
      width: 150,
      render: (row) => (row.waybill_no ? <Copyable text={row.waybill_no}>{row.waybill_no}</Copyable> : <Blank />),
    },
    { key: "acts", title: "", width: 70, render: (row) => <WithdrawButton row={row} /> },
  ];
}
