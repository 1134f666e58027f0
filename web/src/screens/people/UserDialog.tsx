/** A new user, or changes to one: name, roles, password, whether he may sign in. */
import { useQueryClient } from "@tanstack/react-query";
import { Form, Input, Modal, Select, Switch } from "antd";
import { api } from "../../api/client";
import { useFacets, useGet } from "../../api/queries";
import type { Role, User } from "../../api/types";
import { useSession } from "../../app/session";
import { useT, useTitle } from "../../i18n";
import { useAct } from "../../parts/useAct";

interface Entered {
  username: string;
  name: string;
  roles: string[];
  shops: string[];
  active: boolean;
  password?: string;
}

const SHORTEST = 10;

export function UserDialog({ user, onClose }: { user: User | null; onClose: () => void }) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { me } = useSession();
  const [form] = Form.useForm<Entered>();
  const save = ({ username, name, roles: chosen, shops, active, password }: Entered) =>
    act(
      async () => {
        const seen = shops.length > 0 ? shops : null;
        if (user) {
          await api.patch(`/api/users/${user.id}`, {
            name,
            roles: chosen,
            shops: seen,
            active,
            ...(password ? { password } : {}),
          });
        } else {
          await api.post("/api/users", { username, name, roles: chosen, shops: seen, password });
        }
        await client.invalidateQueries({ queryKey: ["people"] });
        onClose();
      },
      { done: t("common.saved") },
    );
  return (
    <Modal
      open
      width={460}
      title={user ? user.username : t("people.newUser")}
      onCancel={onClose}
      onOk={form.submit}
      okText={t("common.save")}
    >
      <Form
        form={form}
        layout="vertical"
        onFinish={save}
        initialValues={{ active: true, roles: [], ...user, shops: user?.shops ?? [] }}
      >
        <Identity user={user} />
        <Rights />
        <Entrance user={user} self={user?.id === me.id} />
      </Form>
    </Modal>
  );
}

function Identity({ user }: { user: User | null }) {
  const t = useT();
  const required = [{ required: true, message: t("form.required") }];
  return (
    <>
      {!user && (
        <Form.Item name="username" label={t("signIn.username")} rules={required}>
          <Input autoComplete="off" data-testid="user-username" />
        </Form.Item>
      )}
      <Form.Item name="name" label={t("people.name")} rules={required}>
        <Input data-testid="user-name" />
      </Form.Item>
    </>
  );
}

function Rights() {
  const t = useT();
  const title = useTitle();
  const facets = useFacets();
  const roles = useGet<Role[]>("people", "/api/roles");
  const choices = (roles.data ?? []).map((role) => ({
    value: role.role,
    label: title("role", role.role, role.title),
  }));
  return (
    <>
      <Form.Item name="roles" label={t("people.roles")} rules={[{ required: true, message: t("form.required") }]}>
        <Select mode="multiple" showSearch={{ optionFilterProp: "label" }} options={choices} data-testid="user-roles" />
      </Form.Item>
      <Form.Item name="shops" label={t("people.shops")}>
        <Select
          mode="multiple"
          placeholder={t("people.allShops")}
          options={facets.shops.map((shop) => ({ value: shop.value, label: shop.title }))}
        />
      </Form.Item>
    </>
  );
}

function Entrance({ user, self }: { user: User | null; self: boolean }) {
  const t = useT();
  return (
    <>
      <Form.Item
        name="password"
        label={t(user ? "people.resetPassword" : "signIn.password")}
        rules={[{ required: !user, min: SHORTEST, message: t("form.passwordShort", { n: SHORTEST }) }]}
      >
        <Input.Password autoComplete="new-password" data-testid="user-password" />
      </Form.Item>
      {user && (
        <Form.Item
          name="active"
          label={t("people.active")}
          valuePropName="checked"
          extra={self ? t("people.notYourself") : undefined}
        >
          <Switch disabled={self} />
        </Form.Item>
      )}
    </>
  );
}
