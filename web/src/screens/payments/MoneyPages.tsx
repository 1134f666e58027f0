/** A payment and a refund as pages of their own (/payments/:id, /refunds/:id). */
import { Skeleton } from "antd";
import type { ReactNode } from "react";
import { useParams } from "react-router";
import { useGet } from "../../api/queries";
import type { PaymentPageData, RefundPageData } from "../../api/types-payments";
import { useT } from "../../i18n";
import { Copyable } from "../../parts/Copyable";
import { useAddress } from "../../parts/useAddress";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { PageHead } from "../../parts/PageHead";
import { PaymentBody } from "./PaymentBody";
import { RefundBody } from "./RefundBody";

interface FrameProps<Data> {
  path: string;
  back: { to: string; label: string };
  head: (data: Data) => { number: string; note: string };
  body: (data: Data, tab: string, onTab: (tab: string) => void) => ReactNode;
}

function Frame<Data>({ path, back, head, body }: FrameProps<Data>) {
  const { params, begin } = useAddress();
  const answer = useGet<Data>("orders", path);
  if (answer.isError && !answer.data) {
    return <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} page />;
  }
  if (!answer.data) return <Skeleton active paragraph={{ rows: 12 }} />;
  const { number, note } = head(answer.data);
  return (
    <>
      <PageHead title={<Copyable text={number} />} note={note} back={back} />
      {body(answer.data, params.get("view") ?? "timeline", (view) => begin({ view }, { replace: true }))}
    </>
  );
}

export function PaymentScreen() {
  const { id = "" } = useParams();
  const t = useT();
  return (
    <Frame<PaymentPageData>
      path={`/api/payments/${id}`}
      back={{ to: "/payments", label: t("menu.payments") }}
      head={(page) => ({ number: page.payment.payment_no, note: page.payment.provider_title })}
      body={(page, tab, onTab) => <PaymentBody page={page} tab={tab} onTab={onTab} />}
    />
  );
}

export function RefundScreen() {
  const { id = "" } = useParams();
  const t = useT();
  return (
    <Frame<RefundPageData>
      path={`/api/refunds/${id}`}
      back={{ to: "/refunds", label: t("menu.refunds") }}
      head={(page) => ({ number: page.refund.refund_no, note: page.refund.provider_title })}
      body={(page, tab, onTab) => <RefundBody page={page} tab={tab} onTab={onTab} />}
    />
  );
}
