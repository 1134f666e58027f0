/** Columns of the usual kinds, so that a list says only what is its own. */
import type { ReactNode } from "react";
import { Blank } from "../parts/Copyable";
import { AgoText, CountText, TimeText } from "../parts/Values";
import type { QueryColumn } from "./types";

interface Spec<Row, Value> {
  key: string;
  title: string;
  of: (row: Row) => Value;
  width?: number;
  render?: (row: Row) => ReactNode;
}

const TIME_WIDTH = 140;
const COUNT_WIDTH = 110;
const TEXT_WIDTH = 160;

export function timeColumn<Row>({ key, title, of, width = TIME_WIDTH }: Spec<Row, string | null>): QueryColumn<Row> {
  return { key, title, width, sort: key, text: of, render: (row) => <TimeText at={of(row)} /> };
}

export function agoColumn<Row>({ key, title, of, width = TIME_WIDTH }: Spec<Row, string | null>): QueryColumn<Row> {
  return { key, title, width, sort: key, text: of, render: (row) => <AgoText at={of(row)} /> };
}

export function countColumn<Row>(spec: Spec<Row, number>): QueryColumn<Row> {
  const { key, title, of, width = COUNT_WIDTH } = spec;
  const render = spec.render ?? ((row: Row) => <CountText count={of(row)} />);
  return { key, title, width, align: "right", sort: key, text: of, render };
}

export function textColumn<Row>(spec: Spec<Row, string | null | undefined>): QueryColumn<Row> {
  const { key, title, of, width = TEXT_WIDTH } = spec;
  const render = spec.render ?? ((row: Row) => of(row) || <Blank />);
  return { key, title, width, sort: key, text: of, render };
}
