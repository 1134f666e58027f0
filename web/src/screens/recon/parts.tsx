/** Small things that the screens of reconciliation share: what a run looked at, amounts, causes, addresses of breaks. */
import { withQuery } from "../../api/client";
import { useFacets } from "../../api/queries";
import type { ReconRun } from "../../api/types-recon";
import { type Translate, useT, useTitle } from "../../i18n";
import { formatMoney } from "../../logic/money";
import { Blank } from "../../parts/Copyable";
import { Flag } from "../../parts/Tags";

export function scopeWords(run: Pick<ReconRun, "scope" | "day_from" | "day_to">, t: Translate): string {
  if (run.scope === "all") return t("recon.scope.all");
  if (run.scope === "new") return run.day_to ? t("recon.scope.newTo", { day: run.day_to }) : t("recon.scope.new");
  return run.day_from === run.day_to ? (run.day_from ?? "") : `${run.day_from} ～ ${run.day_to}`;
}

export function Amount({ currency, minor, plus = false }: { currency: string; minor: number | null; plus?: boolean }) {
  if (minor === null) return <Blank />;
  const text = formatMoney({ currency, amount_minor: minor });
  return <span className="fh-money">{plus && minor > 0 ? `+${text}` : text}</span>;
}

export function FaultTag({ fault }: { fault: boolean }) {
  const t = useT();
  return <Flag mood={fault ? "bad" : "mute"}>{t(fault ? "recon.fault" : "recon.explained")}</Flag>;
}

export function useCause(): (cause: string, title?: string) => string {
  const words = useTitle();
  return (cause, title) => words("cause", cause, title ?? cause);
}

/** Titles of channels and providers as the rest of the screens call them. */
export function useNames() {
  const { channels } = useFacets();
  const words = useTitle();
  return {
    channel: (code: string) => channels.find((each) => each.value === code)?.title ?? code,
    provider: (code: string) => words("provider", code),
  };
}

export function breaksPath(filters: Record<string, string | number | undefined>): string {
  return withQuery("/recon/breaks", filters);
}
