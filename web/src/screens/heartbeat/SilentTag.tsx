/** The mark 物流异常待跟进: several answers in a row brought nothing new. */
import { BellOutlined } from "@ant-design/icons";
import { useT } from "../../i18n";
import { Flag } from "../../parts/Tags";

export function SilentTag() {
  const t = useT();
  return (
    <span data-testid="silent-mark">
      <Flag mood="bad" icon={<BellOutlined />}>
        {t("beat.mark")}
      </Flag>
    </span>
  );
}
