/** Promises (时效承诺) of every channel. */
import type { PromiseValues } from "../../api/types";
import { type Translate, useT } from "../../i18n";
import { DeclarationTable } from "../../parts/declaration/DeclarationTable";
import { PageHead } from "../../parts/PageHead";

/** How soon a plain order must be on its way; a table that does not say follows the default one. */
function shipWithin({ rules }: PromiseValues, t: Translate): string {
  const plain = rules.find((each) => each.stage === "ship" && !each.order_type);
  return plain ? t("promise.shipWithin", { n: plain.hours }) : t("promise.byDefault");
}

export function PromiseList() {
  const t = useT();
  return (
    <>
      <PageHead title={t("menu.promises")} note={t("promise.intro")} />
      <DeclarationTable<PromiseValues>
        kind="promise"
        screen="promises"
        to="/promises"
        title={t("promise.channel")}
        columns={[
          {
            key: "ship",
            title: t("promise.ship"),
            width: 240,
            text: (row) => shipWithin(row.body, t),
            render: (row) => shipWithin(row.body, t),
          },
          {
            key: "rules",
            title: t("promise.rules"),
            width: 90,
            align: "right",
            sort: "rules",
            text: (row) => row.body.rules.length,
            render: (row) => <span className="fh-number">{row.body.rules.length}</span>,
          },
        ]}
      />
    </>
  );
}
