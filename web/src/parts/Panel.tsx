/** A titled block of a screen. */
import type { ReactNode } from "react";

interface Props {
  title?: ReactNode;
  extra?: ReactNode;
  children: ReactNode;
  className?: string;
  testId?: string;
}

export function Panel({ title, extra, children, className = "", testId }: Props) {
  return (
    <section className={`fh-panel ${className}`} data-testid={testId}>
      {(title || extra) && (
        <header>
          <h2>{title}</h2>
          <div className="fh-panel-extra">{extra}</div>
        </header>
      )}
      <div className="fh-panel-body">{children}</div>
    </section>
  );
}
