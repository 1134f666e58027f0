/** Who takes care of a case, and until when (指派). */
import { DatePicker, Form, Modal, Select } from "antd";
import type { Dayjs } from "dayjs";
import { useOwners } from "../../api/queries";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { fromShanghai } from "../../logic/time";

export interface Assignment {
  owner: string | null;
  due_at?: string;
}

const NOBODY = "";

interface Props {
  title: string;
  withDue?: boolean;
  onAssign: (assignment: Assignment) => Promise<boolean>;
  onClose: () => void;
}

export function AssignDialog({ title, withDue = true, onAssign, onClose }: Props) {
  const t = useT();
  const { me, can } = useSession();
  const owners = useOwners(can("cases.assign"));
  const [form] = Form.useForm<{ owner: string; due?: Dayjs | null }>();
  const save = async ({ owner, due }: { owner: string; due?: Dayjs | null }) => {
    const assignment: Assignment = { owner: owner === NOBODY ? null : owner };
    if (due) assignment.due_at = fromShanghai(due.format("YYYY-MM-DD HH:mm:ss"));
    if (await onAssign(assignment)) onClose();
  };
  const choices = [
    { value: "me", label: t("case.me", { name: me.name }) },
    { value: NOBODY, label: t("case.nobody") },
    ...owners.filter((each) => each.id !== me.id).map((each) => ({ value: each.id, label: each.name })),
  ];
  return (
    <Modal open width={420} title={title} onCancel={onClose} onOk={form.submit} okText={t("case.assign")}>
      <Form form={form} layout="vertical" onFinish={save} initialValues={{ owner: "me" }}>
        <Form.Item name="owner" label={t("case.owner")}>
          <Select showSearch={{ optionFilterProp: "label" }} options={choices} data-testid="assign-owner" />
        </Form.Item>
        {withDue && (
          <Form.Item name="due" label={t("case.dueAt")} extra={t("case.dueHint")}>
            <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" />
          </Form.Item>
        )}
      </Form>
    </Modal>
  );
}
