/** Statement intake (账单导入): files dropped in, what became of each, every line with the row it came from, layouts. */
import { Tabs } from "antd";
import { useState } from "react";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { NeedsAny } from "../../parts/NeedsAny";
import { useAddress } from "../../parts/useAddress";
import { PageHead } from "../../parts/PageHead";
import { FileList } from "./FileList";
import { LayoutList } from "./LayoutList";
import { LineList } from "./LineList";
import { UploadPanel } from "./UploadPanel";
import { Wizard } from "./Wizard";

const VIEWS = ["files", "lines", "layouts"] as const;
type View = (typeof VIEWS)[number];

export function Statements() {
  const t = useT();
  const { can } = useSession();
  const { params, begin } = useAddress();
  const [mapping, setMapping] = useState<{ id: string; name: string; source: string } | null>(null);
  const view: View = VIEWS.find((one) => one === params.get("view")) ?? "files";
  return (
    <NeedsAny anyOf={["money.view", "money.import"]}>
      <PageHead title={t("menu.statements")} note={t("stmt.intro")} />
      <Tabs
        activeKey={view}
        onChange={(key) => begin({ view: key === "files" ? "" : key })}
        className="fh-page-tabs"
        items={VIEWS.map((key) => ({
          key,
          label: <span data-testid={`statements-${key}`}>{t(`stmt.view.${key}`)}</span>,
        }))}
      />
      {view === "files" && (
        <>
          {can("money.import") && <UploadPanel onMap={setMapping} />}
          <FileList />
        </>
      )}
      {view === "lines" && <LineList />}
      {view === "layouts" && <LayoutList />}
      {mapping && <Wizard upload={mapping} onClose={() => setMapping(null)} />}
    </NeedsAny>
  );
}
