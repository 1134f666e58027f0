/** Fuse thresholds (熔断阈值) of every carrier. */
import type { FuseValues } from "../../api/types";
import { useT } from "../../i18n";
import { DeclarationTable } from "../../parts/declaration/DeclarationTable";
import { PageHead } from "../../parts/PageHead";

export function FuseList() {
  const t = useT();
  return (
    <>
      <PageHead title={t("menu.policies")} note={t("policy.intro")} />
      <DeclarationTable<FuseValues>
        kind="fuse"
        screen="policies"
        to="/policies"
        title={t("shipment.carrier")}
        numbers={[
          { name: "distance", title: "policy.distance", unit: "policy.distance.unit" },
          { name: "age_hours", title: "policy.age_hours", unit: "policy.age_hours.unit" },
          { name: "settle_seconds", title: "policy.settle_seconds", unit: "policy.settle_seconds.unit" },
          { name: "reuse_hours", title: "policy.reuse_hours", unit: "policy.reuse_hours.unit" },
        ]}
      />
    </>
  );
}
