/** The two sides (我方 / 承运商): each with what it rests on. */
import { HomeOutlined, PayCircleOutlined, TruckOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";
import type { CaseDetail, TimelineItem } from "../../api/types";
import { useT } from "../../i18n";
import { aboutMoney } from "../../logic/decisions";
import { EmptyState } from "../../parts/EmptyState";
import { StateTag } from "../../parts/Tags";
import { Timeline } from "../evidence/Timeline";
import { GapScale } from "./GapScale";

export function CaseEvidence({ detail }: { detail: CaseDetail }) {
  const t = useT();
  const money = aboutMoney(detail.subject_kind);
  if (!hasSides(detail)) return null;
  return (
    <>
      <GapScale detail={detail} />
      {!money && <Thresholds detail={detail} />}
      <div className="fh-sides">
        <Side
          name="ours"
          icon={<HomeOutlined />}
          word={t(money ? "side.pay.ours" : "side.oursLong")}
          state={detail.ours}
          title={detail.ours_title}
          items={detail.evidence.ours}
          {...(money ? { hint: t("side.pay.oursHint") } : {})}
        />
        <Side
          name="theirs"
          icon={money ? <PayCircleOutlined /> : <TruckOutlined />}
          word={t(money ? "side.pay.theirs" : "side.theirsLong")}
          state={detail.theirs}
          title={detail.theirs_title}
          items={detail.evidence.theirs}
        />
      </div>
    </>
  );
}

/** A silence or a broken promise has no two sides to choose between: the sentence above says all there is. */
function hasSides({ ours, theirs, distance, evidence }: CaseDetail): boolean {
  return ours !== null || theirs !== null || distance !== null || evidence.theirs.length > 0;
}

/** `fuse:zto@3` reads v3; version 0 is what came with the product. */
export function versionWords(version: string | number | null, shipped: string): string {
  const number = String(version ?? "").replace(/^.*[@:]/, "");
  return number === "" || number === "0" ? shipped : `v${number}`;
}

function Thresholds({ detail }: { detail: CaseDetail }) {
  const t = useT();
  const { policy, distance } = detail;
  if (!policy) return null;
  const facts: [string, string][] = [
    [t("case.distanceNow"), distance === null ? "—" : String(distance)],
    [t("policy.distance"), policy.distance === null ? "—" : `> ${policy.distance}`],
    [t("policy.age"), policy.age_hours === null ? "—" : `${policy.age_hours} ${t("unit.hour")}`],
    [t("policy.version"), versionWords(policy.version, t("policy.shipped"))],
  ];
  return (
    <dl className="fh-thresholds" data-testid="thresholds">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="fh-number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface SideProps {
  name: "ours" | "theirs";
  icon: ReactNode;
  word: string;
  state: string | null;
  title: string | null;
  items: TimelineItem[];
  hint?: string;
}

function Side({ name, icon, word, state, title, items, hint }: SideProps) {
  const t = useT();
  return (
    <section className={`fh-side fh-side-${name}`} data-testid={`side-${name}`}>
      <header>
        {icon} <b>{word}</b>
        <StateTag state={state} title={title} pips />
      </header>
      {items.length === 0 ? (
        <EmptyState title={hint ?? t("case.noEvidence")} />
      ) : (
        <Timeline items={items} compact showSubject={false} />
      )}
    </section>
  );
}
