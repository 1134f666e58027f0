/** A list of what providers told of money: found by its numbers, the provider and the day, opened beside the list. */
import { type ReactNode, useMemo } from "react";
import { type Translate, useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import { PageHead } from "../../parts/PageHead";
import { QueryTable } from "../../table/QueryTable";
import type { QueryColumn } from "../../table/types";
import { useListState } from "../../table/useListState";

const PROVIDERS = [
  { value: "wechatpay", title: "pay.provider.wechatpay" },
  { value: "alipay", title: "pay.provider.alipay" },
] as const satisfies { value: string; title: Word }[];

interface Props<Row> {
  /** `payments`: the list's address, screen and table. */
  screen: "payments" | "refunds";
  /** Leads the ids of rows. */
  row: string;
  columns: (t: Translate) => QueryColumn<Row>[];
  tabs: readonly { key: string; label: Word; alarming?: boolean }[];
  /** The day it can be found by: `paid_from`, `paid_to`. */
  day: { name: string; label: Word };
  empty: { title: Word; hint: Word };
  drawer: (id: string, onClose: () => void) => ReactNode;
}

export function MoneyList<Row extends { id: string }>(props: Props<Row>) {
  const { screen, row, columns: make, tabs, day, empty, drawer } = props;
  const t = useT();
  const control = useListState("-id");
  const columns = useMemo(() => make(t), [make, t]);
  const source = useMemo(() => ({ topic: "orders", path: `/api/${screen}` }) as const, [screen]);
  const choices = PROVIDERS.map(({ value, title }) => ({ value, title: t(title) }));
  return (
    <>
      <PageHead title={t(`menu.${screen}`)} />
      <QueryTable<Row>
        screen={screen}
        testId={`${screen}-table`}
        source={source}
        control={control}
        columns={columns}
        fields={[
          { kind: "numbers", name: "q", label: t("pay.numbers"), primary: true },
          { kind: "choice", name: "provider", label: t("pay.provider"), choices, primary: true },
          {
            kind: "days",
            name: day.name,
            from: `${day.name}_from`,
            to: `${day.name}_to`,
            label: t(day.label),
            primary: true,
          },
        ]}
        rowKey={(each) => each.id}
        rowTestId={(each) => `${row}-row-${each.id}`}
        tabs={{
          name: "tab",
          first: "all",
          list: tabs.map(({ key, label, alarming = false }) => ({ key, label: t(label), alarming })),
        }}
        views
        onOpen={(each) => control.open(each.id)}
        activeId={control.openId}
        empty={{ title: t(empty.title), hint: t(empty.hint) }}
      />
      {control.openId && drawer(control.openId, () => control.open(null))}
    </>
  );
}
