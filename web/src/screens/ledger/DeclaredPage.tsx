/** A posting rule or the chart of accounts, edited. */
import { useParams } from "react-router";
import type { Chart, PostingRule } from "../../api/types-ledger";
import { NotFoundScreen } from "../../app/Failures";
import { useT } from "../../i18n";
import { DeclarationScreen } from "../../parts/declaration/DeclarationScreen";
import { NeedsAny } from "../../parts/NeedsAny";
import { ChartEditor } from "./ChartEditor";
import { PostingEditor } from "./PostingEditor";

export function DeclaredPage() {
  const t = useT();
  const { kind = "", name = "" } = useParams();
  const back = { to: "/ledger?view=rules", label: t("menu.ledger") };
  if (kind === "posting_rule") {
    return (
      <NeedsAny anyOf={["money.view"]}>
        <DeclarationScreen<PostingRule>
          kind={kind}
          name={name}
          back={back}
          editor={(control, editable) => <PostingEditor control={control} editable={editable} />}
        />
      </NeedsAny>
    );
  }
  if (kind === "chart_of_accounts") {
    return (
      <NeedsAny anyOf={["money.view"]}>
        <DeclarationScreen<Chart>
          kind={kind}
          name={name}
          back={back}
          editor={(control, editable) => <ChartEditor control={control} editable={editable} />}
        />
      </NeedsAny>
    );
  }
  return <NotFoundScreen />;
}
