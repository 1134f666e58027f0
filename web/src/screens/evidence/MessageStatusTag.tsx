/** What became of a message: waiting, judged, or set aside for a person. */
import { CheckCircleOutlined, ClockCircleOutlined, FolderOpenOutlined } from "@ant-design/icons";
import { useTitle } from "../../i18n";
import { Flag } from "../../parts/Tags";

const LOOKS = {
  pending: { mood: "info", icon: <ClockCircleOutlined /> },
  judged: { mood: "ok", icon: <CheckCircleOutlined /> },
  set_aside: { mood: "warn", icon: <FolderOpenOutlined /> },
} as const;

export function MessageStatusTag({ status }: { status: string }) {
  const title = useTitle();
  const look = LOOKS[status as keyof typeof LOOKS] ?? LOOKS.pending;
  return (
    <Flag mood={look.mood} icon={look.icon}>
      {title("messageStatus", status)}
    </Flag>
  );
}
