/** Where a parcel stands on the scale of ten nodes, and how it came there (状态路径). */
import { ForwardOutlined } from "@ant-design/icons";
import { Tooltip } from "antd";
import { Link } from "react-router";
import type { ShipmentDetail } from "../../api/types";
import { useReason, useT, useTitle } from "../../i18n";
import { MAIN_LINE, rankOf } from "../../logic/scale";
import { formatMinute } from "../../logic/time";
import { Copyable } from "../../parts/Copyable";
import { HeldTag, StateTag } from "../../parts/Tags";

export function PathRail({ shipment, link = true }: { shipment: ShipmentDetail; link?: boolean }) {
  const t = useT();
  const reason = useReason();
  return (
    <div className="fh-path" data-testid={`path-${shipment.tracking_no}`}>
      <div className="fh-path-head">
        <span className="fh-soft">{shipment.carrier_title}</span>
        <b>
          <Copyable text={shipment.tracking_no}>
            {link ? <Link to={`/shipments/${shipment.id}`}>{shipment.tracking_no}</Link> : shipment.tracking_no}
          </Copyable>
        </b>
        <StateTag state={shipment.state} title={shipment.state_title} />
        {shipment.held && <HeldTag reason={reason(shipment.hold_reason)} />}
        {shipment.held && shipment.hold_reason && <span className="fh-soft">{reason(shipment.hold_reason)}</span>}
        {shipment.links.map((each) => (
          <span key={each.tracking_no} className="fh-tag fh-mood-info">
            <ForwardOutlined />
            {t(`path.${each.relation}`)}{" "}
            {each.shipment_id ? (
              <Link to={`/shipments/${each.shipment_id}`}>{each.tracking_no}</Link>
            ) : (
              each.tracking_no
            )}
          </span>
        ))}
      </div>
      <Rail shipment={shipment} />
      <Moves shipment={shipment} />
    </div>
  );
}

function Rail({ shipment }: { shipment: ShipmentDetail }) {
  const title = useTitle();
  const passed = new Map(shipment.path.map((step) => [rankOf(step.to), step]));
  const now = shipment.rank ?? rankOf(shipment.state);
  const touched = shipment.path.map((step) => rankOf(step.to)).filter((rank) => rank !== null);
  const furthest = now ?? Math.max(-1, ...touched);
  return (
    <ol className="fh-rail">
      {MAIN_LINE.map((state, rank) => {
        const step = passed.get(rank);
        const classes = [
          rank === now ? "now" : "",
          step ? "passed" : rank < furthest ? "skipped" : "ahead",
          shipment.held && rank === now ? "held" : "",
        ].join(" ");
        return (
          <Tooltip key={state} title={step ? `${formatMinute(step.occurred_at)} · ${step.source}` : undefined}>
            <li className={classes} data-rank={rank}>
              <i>{rank}</i>
              <span>{title("state", state)}</span>
              <small className="fh-number">{step ? formatMinute(step.occurred_at).slice(5) : ""}</small>
            </li>
          </Tooltip>
        );
      })}
    </ol>
  );
}

/** The moves that the ten nodes cannot show: states beside the scale. */
function Moves({ shipment }: { shipment: ShipmentDetail }) {
  const off = shipment.path.filter((step) => !(MAIN_LINE as readonly string[]).includes(step.to));
  if (off.length === 0) return null;
  return (
    <div className="fh-moves">
      {off.map((step, at) => (
        <span key={`${step.to}-${at}`}>
          <StateTag state={step.from} /> → <StateTag state={step.to} />
          <small className="fh-number fh-soft"> {formatMinute(step.occurred_at)}</small>
        </span>
      ))}
    </div>
  );
}
