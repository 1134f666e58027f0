/** The phone's frame (手机页): the same session and sign-in as the screens, and little else to load. */
import { Navigate, Outlet, useLocation } from "react-router";
import { useLive } from "../app/live";
import { SessionProvider, useMe } from "../app/session";
import { Wrong } from "./parts";
import "./mobile.css";

export function MobileShell() {
  const me = useMe();
  const { pathname, search } = useLocation();
  if (me.isPending) return <div className="mb" />;
  if (me.isError) return <Wrong error={me.error} onRetry={() => void me.refetch()} />;
  if (!me.data) return <Navigate to={`/sign-in?next=${encodeURIComponent(pathname + search)}`} replace />;
  return (
    <SessionProvider me={me.data}>
      <Frame />
    </SessionProvider>
  );
}

function Frame() {
  useLive();
  return (
    <div className="mb" data-testid="mobile">
      <Outlet />
    </div>
  );
}

