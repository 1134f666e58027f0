/** Names and values, as many beside each other as fit. */
import type { ReactNode } from "react";

interface Fact {
  key: string;
  label: ReactNode;
  children: ReactNode;
  wide?: boolean;
}

export function Facts({ items }: { items: Fact[] }) {
  return (
    <dl className="fh-summary">
      {items.map((item) => (
        <div key={item.key} className={item.wide ? "wide" : ""}>
          <dt>{item.label}</dt>
          <dd>{item.children}</dd>
        </div>
      ))}
    </dl>
  );
}
