/** The line on top of a screen: where one is, what it is about, what can be done. */
import type { ReactNode } from "react";
import { Link } from "react-router";

interface Props {
  title: ReactNode;
  note?: ReactNode;
  back?: { to: string; label: string };
  actions?: ReactNode;
}

export function PageHead({ title, note, back, actions }: Props) {
  return (
    <div className="fh-head">
      <div>
        {back && (
          <nav className="fh-crumb">
            <Link to={back.to}>{back.label}</Link>
            <span>/</span>
          </nav>
        )}
        <h1>{title}</h1>
        {note && <span className="fh-head-note">{note}</span>}
      </div>
      {actions && <div className="fh-head-actions">{actions}</div>}
    </div>
  );
}
