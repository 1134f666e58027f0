/** The chain as a picture: documents as cards, what ties them as lines, what is missing lit up. */
import { WarningOutlined } from "@ant-design/icons";
import { Background, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import { Link } from "react-router";
import type { ChainDocument, ChainGap, ChainView } from "../../api/types-trace";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import type { Word } from "../../i18n/words";
import { formatMinute } from "../../logic/time";
import { MoneyText } from "../../parts/Values";
import { ends, HEIGHT, heightOf, type Placed, place, WIDTH } from "./layout";
import { SeekButton } from "./SeekButton";
import type { Seeking } from "./useSearches";

interface CardData extends Record<string, unknown> {
  document?: ChainDocument | undefined;
  gap?: ChainGap | undefined;
  asked: boolean;
  onRaw: (messageId: string) => void;
  seeking: Seeking;
}

const TYPES = { card: Card };

interface Props {
  view: ChainView;
  onRaw: (messageId: string) => void;
  seeking: Seeking;
}

export function ChainBoard({ view, onRaw, seeking }: Props) {
  const placed = useMemo(() => place(view), [view]);
  const nodes = placed.map((each) => node(each, view.number, onRaw, seeking));
  const edges = useMemo(() => edgesOf(view, placed), [view, placed]);
  return (
    <div className="fh-chain" style={{ height: heightOf(placed) }} data-testid="chain-board">
      <ReactFlow
        key={placed.length}
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        fitView
        fitViewOptions={{ padding: 0.12, maxZoom: 1 }}
        minZoom={0.3}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={20} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

function node(each: Placed, asked: string, onRaw: (messageId: string) => void, seeking: Seeking): Node<CardData> {
  return {
    id: each.id,
    type: "card",
    position: { x: each.x, y: each.y },
    data: { document: each.document, gap: each.gap, asked: each.document?.number === asked, onRaw, seeking },
    width: WIDTH,
    height: HEIGHT,
  };
}

function edgesOf(view: ChainView, placed: Placed[]): Edge[] {
  const tied = view.links.map((link) => ({ id: `${link.start}-${link.end}`, ...ends(placed, link.start, link.end) }));
  const missing = view.gaps.map((gap, n) => ({
    id: `missing-${n}`,
    ...ends(placed, gap.beside, `gap:${n}`),
    animated: true,
    className: "fh-missing",
  }));
  return [...tied, ...missing];
}

function Card({ data }: NodeProps<Node<CardData>>) {
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {data.gap ? <GapCard gap={data.gap} seeking={data.seeking} /> : data.document && <DocumentCard data={data} document={data.document} />}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}

function GapCard({ gap, seeking }: { gap: ChainGap; seeking: Seeking }) {
  const t = useT();
  return (
    <div className="fh-doc gap" data-testid={`gap-${gap.code}`} title={gap.words}>
      <b>
        <WarningOutlined /> {t(`trace.gap.${gap.code}` as Word)}
      </b>
      {gap.search && (
        <span className="nodrag nopan fh-gap-act">
          <SeekButton seeking={seeking} gap={gap.name} />
        </span>
      )}
    </div>
  );
}

function nameOf(document: ChainDocument): string {
  return document.kind === "evidence" ? document.title : document.number || document.title;
}

function DocumentCard({ data, document }: { data: CardData; document: ChainDocument }) {
  const t = useT();
  const { can } = useSession();
  const number = <span className="fh-number">{nameOf(document)}</span>;
  return (
    <div className={`fh-doc ${document.kind}${data.asked ? " asked" : ""}`} data-testid={`doc-${document.kind}`}>
      <header>
        <span>{t(`trace.kind.${document.kind}` as Word)}</span>
        <span className="fh-soft">{document.state_title}</span>
      </header>
      <b title={document.kind === "evidence" ? document.title : document.number}>{document.link ? <Link to={document.link}>{number}</Link> : number}</b>
      <footer>
        {document.amount_minor !== null && (
          <MoneyText money={{ currency: document.currency, amount_minor: document.amount_minor }} />
        )}
        <span className="fh-grow" />
        {document.at && <span className="fh-soft">{formatMinute(document.at).replace(" 00:00", "")}</span>}
        {document.message_id && can("inbox.view") && (
          <button type="button" className="fh-link" onClick={() => data.onRaw(document.message_id ?? "")}>
            {t("trace.raw")}
          </button>
        )}
      </footer>
    </div>
  );
}
