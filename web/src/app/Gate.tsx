/** Before every screen: signed in or to the sign-in screen, and back to where one wanted to go. */
import { Navigate, useLocation } from "react-router";
import { ErrorPanel } from "../parts/ErrorPanel";
import { Shell } from "./Shell";
import { SessionProvider, useMe } from "./session";

export function Gate() {
  const me = useMe();
  const { pathname, search } = useLocation();
  if (me.isPending) return <div className="fh-boot" />;
  if (me.isError) return <ErrorPanel error={me.error} onRetry={() => void me.refetch()} page />;
  if (!me.data) return <Navigate to={`/sign-in?next=${encodeURIComponent(pathname + search)}`} replace />;
  return (
    <SessionProvider me={me.data}>
      <Shell />
    </SessionProvider>
  );
}
