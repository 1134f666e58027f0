/** Beginning a search: of the whole chain, or for one gap; off with its reason for whoever may only look. */
import { AimOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import type { Seeking } from "./useSearches";

interface Props {
  seeking: Seeking;
  gap?: string;
  /** Why nobody can be asked about it. */
  off?: string;
  whole?: boolean;
  label?: Word;
}

export function SeekButton({ seeking, gap = "", off = "", whole = false, label = "seek.all" }: Props) {
  const t = useT();
  const { can } = useSession();
  const why = off || (can("money.reconcile") ? "" : t("seek.noRight")) || (seeking.running ? t("seek.joined") : "");
  return (
    <Tooltip title={why || t("seek.hint")}>
      <Button
        size={whole ? "middle" : "small"}
        type={whole ? "primary" : "default"}
        icon={<AimOutlined />}
        disabled={why !== ""}
        loading={seeking.busy || (whole && Boolean(seeking.running))}
        onClick={() => seeking.seek(gap)}
        data-testid={whole ? "seek-all" : "seek-gap"}
      >
        {t(whole ? (seeking.running ? "seek.running" : label) : "seek.gap")}
      </Button>
    </Tooltip>
  );
}
