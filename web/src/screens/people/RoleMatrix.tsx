/** What each role may do (权限矩阵), to read. */
import { CheckOutlined } from "@ant-design/icons";
import { Skeleton } from "antd";
import { useGet } from "../../api/queries";
import type { Role } from "../../api/types";
import { useT, useTitle } from "../../i18n";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Panel } from "../../parts/Panel";

export function RoleMatrix() {
  const t = useT();
  const title = useTitle();
  const answer = useGet<Role[]>("people", "/api/roles");
  if (answer.isError) return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  if (!answer.data) return <Skeleton active />;
  const roles = answer.data;
  const permissions = new Map(roles.flatMap((role) => role.permissions.map((each) => [each.permission, each.title])));
  return (
    <Panel title={t("people.matrix")} extra={<span className="fh-soft">{t("people.matrixHint")}</span>}>
      <table className="fh-matrix" data-testid="role-matrix">
        <thead>
          <tr>
            <th />
            {roles.map((role) => (
              <th key={role.role}>{title("role", role.role, role.title)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...permissions].map(([permission, told]) => (
            <tr key={permission}>
              <th>
                {title("permission", permission, told)} <code>{permission}</code>
              </th>
              {roles.map((role) => (
                <td key={role.role}>
                  {role.permissions.some((each) => each.permission === permission) ? (
                    <CheckOutlined aria-label={t("people.yes")} />
                  ) : (
                    <span className="fh-blank">—</span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
