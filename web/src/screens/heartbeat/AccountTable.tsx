/** Each connection that parcels are asked of: how it stands, and whether its limit holds the interval. */
import { CheckCircleOutlined, CloseCircleOutlined, MinusCircleOutlined, PauseCircleOutlined } from "@ant-design/icons";
import { Alert } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { AccountRow, Heartbeat } from "../../api/types-heartbeat";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { EmptyState } from "../../parts/EmptyState";
import { Flag } from "../../parts/Tags";
import { AgoText, CountText } from "../../parts/Values";

const STANDINGS: Record<AccountRow["standing"], { mood: "ok" | "warn" | "bad" | "mute"; icon: ReactNode }> = {
  ok: { mood: "ok", icon: <CheckCircleOutlined /> },
  paused: { mood: "warn", icon: <PauseCircleOutlined /> },
  failing: { mood: "bad", icon: <CloseCircleOutlined /> },
  idle: { mood: "mute", icon: <MinusCircleOutlined /> },
};

export function AccountTable({ beat }: { beat: Heartbeat }) {
  const t = useT();
  const { can } = useSession();
  return (
    <>
      {beat.unasked.map((each) => (
        <Alert
          key={each.carrier}
          type="warning"
          showIcon
          className="fh-beat-unasked"
          data-testid={`unasked-${each.carrier}`}
          title={t("beat.unasked", { carrier: each.carrier_title, n: each.parcels.toLocaleString("en-US") })}
          action={can("sources.manage") && <Link to="/sources">{t("beat.unaskedGo")}</Link>}
        />
      ))}
      {beat.accounts.length === 0 ? (
        <EmptyState title={t("beat.noAccounts")} hint={t("beat.noAccountsHint")} />
      ) : (
        <table className="fh-beat-table" data-testid="accounts">
          <thead>
            <tr>
              <th>{t("beat.account")}</th>
              <th>{t("beat.standing")}</th>
              <th>{t("beat.parcels")}</th>
              <th>{t("beat.rate")}</th>
              <th>{t("beat.lastHours")}</th>
              <th>{t("beat.lastAnswer")}</th>
              <th>{t("beat.lastError")}</th>
            </tr>
          </thead>
          <tbody>
            {beat.accounts.map((row) => (
              <AccountLine key={row.id} row={row} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function AccountLine({ row }: { row: AccountRow }) {
  const t = useT();
  const { mood, icon } = STANDINGS[row.standing];
  return (
    <tr data-testid={`account-${row.id}`}>
      <td>
        <Link to={`/heartbeat?tab=watching&source=${encodeURIComponent(row.id)}`}>{row.title}</Link>
        <small className="fh-soft">{t("beat.batch", { n: row.batch })}</small>
      </td>
      <td>
        <Flag mood={mood} icon={icon}>
          {row.standing_title}
        </Flag>
      </td>
      <td>
        <CountText count={row.parcels} />
        {row.silent > 0 && (
          <small className="fh-bad">
            {t("beat.mark")} <CountText count={row.silent} />
          </small>
        )}
      </td>
      <td className="fh-number">
        {row.needed_per_minute} / {row.limit_per_minute}
        {!row.enough && <small className="fh-bad">{t("beat.notEnough")}</small>}
      </td>
      <td>
        <CountText count={row.calls} /> / <span className={row.failed ? "fh-bad" : ""}>{row.failed}</span>
      </td>
      <td>
        <AgoText at={row.last_answer_at} />
      </td>
      <td>
        {row.last_error && (
          <>
            <div className="fh-beat-error" title={row.last_error}>
              {row.last_error}
            </div>
            <small className="fh-soft">
              <AgoText at={row.last_error_at} />
            </small>
          </>
        )}
      </td>
    </tr>
  );
}
