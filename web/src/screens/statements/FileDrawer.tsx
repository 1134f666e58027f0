/** A statement file beside its list: its own figures against its rows, rows set aside, and the way to its lines. */
import { CheckCircleOutlined, DownloadOutlined, UnorderedListOutlined, WarningOutlined } from "@ant-design/icons";
import { Alert, Button, Drawer, Skeleton, Table } from "antd";
import { Link } from "react-router";
import { useGet } from "../../api/queries";
import type { Figure, FileProblem, StatementFileDetail } from "../../api/types-statements";
import { useSession } from "../../app/session";
import { useT } from "../../i18n";
import { formatSecond } from "../../logic/time";
import { Blank, Copyable } from "../../parts/Copyable";
import { ErrorPanel } from "../../parts/ErrorPanel";
import { Facts } from "../../parts/Facts";
import { Flag } from "../../parts/Tags";
import { MoneyText } from "../../parts/Values";
import { saveLink } from "../../table/download";
import { CheckTag, period } from "./FileList";

export function FileDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const answer = useGet<StatementFileDetail>("statements", `/api/statement-files/${id}`);
  const file = answer.data;
  return (
    <Drawer
      open
      onClose={onClose}
      size={860}
      title={file?.name ?? t("stmt.file")}
      extra={
        <Link to={`/money/statements?view=lines&file=${id}`}>
          <Button icon={<UnorderedListOutlined />} data-testid="see-lines">
            {t("stmt.seeLines")}
          </Button>
        </Link>
      }
    >
      <div data-testid="statement-file">
        {answer.isError && !file && <ErrorPanel error={answer.error} onRetry={() => void answer.refetch()} />}
        {answer.isPending && <Skeleton active paragraph={{ rows: 10 }} />}
        {file && <FileBody file={file} />}
      </div>
    </Drawer>
  );
}

function FileBody({ file }: { file: StatementFileDetail }) {
  const t = useT();
  const numbers = {
    read: file.read.toLocaleString("en-US"),
    stored: file.stored.toLocaleString("en-US"),
    duplicate: file.duplicate.toLocaleString("en-US"),
    aside: file.set_aside.toLocaleString("en-US"),
  };
  return (
    <div className="fh-detail">
      <Facts
        items={[
          { key: "check", label: t("stmt.check"), children: <CheckTag file={file} /> },
          { key: "provider", label: t("stmt.provider"), children: file.provider_title },
          { key: "layout", label: t("stmt.layout"), children: file.layout_title },
          { key: "account", label: t("stmt.account"), children: file.account || <Blank /> },
          { key: "period", label: t("stmt.period"), children: period(file.period_from, file.period_to) || <Blank /> },
          { key: "at", label: t("stmt.at"), children: `${formatSecond(file.imported_at)} ${file.imported_by}` },
          { key: "digest", label: t("stmt.digest"), children: <Copyable text={file.digest.slice(0, 16)} /> },
          {
            key: "moved",
            label: `${t("stmt.in")} / ${t("stmt.out")}`,
            children: file.moved.map((one) => (
              <span key={one.currency}>
                <MoneyText money={one.money_in} /> / <MoneyText money={one.money_out} />{" "}
              </span>
            )),
          },
        ]}
      />
      <p className="fh-number fh-funnel" data-testid="funnel">
        {t("stmt.funnel", numbers)}
      </p>
      {file.notes.length > 0 && (
        <Alert type="info" showIcon title={t("stmt.notes")} description={file.notes.join("；")} />
      )}
      {file.figures.length > 0 && <Figures figures={file.figures} />}
      <Problems file={file} />
    </div>
  );
}

function Figures({ figures }: { figures: Figure[] }) {
  const t = useT();
  const state = (one: Figure) =>
    one.agrees === null ? (
      <Flag mood="mute">{t("stmt.figureOnly")}</Flag>
    ) : one.agrees ? (
      <Flag mood="ok" icon={<CheckCircleOutlined />}>
        {t("stmt.figureAgrees")}
      </Flag>
    ) : (
      <Flag mood="bad" icon={<WarningOutlined />}>
        {t("stmt.figureDiffers")}
      </Flag>
    );
  return (
    <section>
      <h3>{t("stmt.figures")}</h3>
      <Table<Figure>
        size="small"
        rowKey="name"
        pagination={false}
        dataSource={figures}
        columns={[
          { title: t("stmt.figure"), dataIndex: "name" },
          { title: t("stmt.told"), dataIndex: "told", align: "right", render: (told) => told ?? <Blank /> },
          { title: t("stmt.rows"), dataIndex: "rows", align: "right", render: (rows) => rows ?? <Blank /> },
          { title: t("stmt.check"), width: 110, render: (_, one) => state(one) },
        ]}
      />
    </section>
  );
}

const PROBLEMS_A_PAGE = 20;

function Problems({ file }: { file: StatementFileDetail }) {
  const t = useT();
  const { can } = useSession();
  if (file.problems.length === 0)
    return (
      <p className="fh-soft">
        <CheckCircleOutlined /> {t("stmt.noProblems")}
      </p>
    );
  return (
    <section data-testid="statement-problems">
      <div className="fh-section-head">
        <h3>{t("stmt.problems", { n: file.problems.length })}</h3>
        {can("exports.create") && (
          <Button
            size="small"
            icon={<DownloadOutlined />}
            onClick={() => saveLink(`/api/statement-files/${file.id}/problems/export?format=xlsx`)}
          >
            {t("stmt.exportProblems")}
          </Button>
        )}
      </div>
      <Table<FileProblem>
        size="small"
        rowKey={(one) => `${one.kind}-${one.line}-${one.field}-${one.message_id ?? ""}`}
        pagination={file.problems.length > PROBLEMS_A_PAGE ? { pageSize: PROBLEMS_A_PAGE, size: "small" } : false}
        dataSource={file.problems}
        columns={[
          { title: t("stmt.check"), width: 110, render: (_, one) => t(`stmt.problem.${one.kind}`) },
          { title: t("stmt.line"), width: 70, align: "right", render: (_, one) => one.line || <Blank /> },
          { title: t("stmt.field"), dataIndex: "field", width: 170 },
          { title: t("stmt.expected"), dataIndex: "expected" },
          { title: t("stmt.got"), dataIndex: "got" },
          ...(can("inbox.view")
            ? [
                {
                  title: t("stmt.raw"),
                  width: 90,
                  render: (_: unknown, one: FileProblem) =>
                    one.message_id ? <Link to={`/inbox?open=${one.message_id}`}>{one.message_id}</Link> : <Blank />,
                },
              ]
            : []),
        ]}
      />
    </section>
  );
}
