/** A screen one may not see says which right is missing, instead of an empty page. */
import { LockOutlined } from "@ant-design/icons";
import { Button, Result } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Permission } from "../api/types";
import { useSession } from "../app/session";
import { useT, useTitle } from "../i18n";

export function NeedsAny({ anyOf, children }: { anyOf: Permission[]; children: ReactNode }) {
  const { can } = useSession();
  const t = useT();
  const title = useTitle();
  if (anyOf.length === 0 || can(...anyOf)) return children;
  const missing = anyOf.map((each) => title("permission", each)).join(" / ");
  return (
    <Result
      icon={<LockOutlined />}
      title={t("fail.forbidden")}
      subTitle={t("fail.forbidden.hint", { missing })}
      data-testid="forbidden"
      extra={
        <Link to="/workbench">
          <Button type="primary">{t("fail.home")}</Button>
        </Link>
      }
    />
  );
}
