/** One match rule, edited (/recon/rules/:name): tolerances, rates, or exchange. */
import { useParams } from "react-router";
import type { FxBody, MatchingBody, RatesBody } from "../../api/types-recon";
import { NotFoundScreen } from "../../app/Failures";
import { useT } from "../../i18n";
import { DeclarationScreen } from "../../parts/declaration/DeclarationScreen";
import { NeedsAny } from "../../parts/NeedsAny";
import { FxEditor, MatchingEditor, RatesEditor } from "./RuleEditors";

const KIND = "match_rule";

export function RulePage() {
  const t = useT();
  const { name = "" } = useParams();
  const common = { kind: KIND, name, back: { to: "/recon?view=rules", label: t("recon.view.rules") } };
  return (
    <NeedsAny anyOf={["money.view"]}>
      {name === "matching" && (
        <DeclarationScreen<MatchingBody> {...common} editor={(control, may) => <MatchingEditor {...{ control, may }} />} />
      )}
      {name === "rates" && (
        <DeclarationScreen<RatesBody> {...common} editor={(control, may) => <RatesEditor {...{ control, may }} />} />
      )}
      {name === "fx" && (
        <DeclarationScreen<FxBody> {...common} editor={(control, may) => <FxEditor {...{ control, may }} />} />
      )}
      {!["matching", "rates", "fx"].includes(name) && <NotFoundScreen />}
    </NeedsAny>
  );
}
