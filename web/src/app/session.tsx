/** Who is signed in and what he may do (会话与权限). */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo } from "react";
import { api, onSignedOut } from "../api/client";
import type { Me, Permission } from "../api/types";

export const ME = ["me"] as const;

export function useMe() {
  return useQuery({ queryKey: ME, queryFn: readMe, staleTime: 60_000, retry: false });
}

/** Null: nobody is signed in. Asked where the answer is never an error, so that a first visit logs none. */
async function readMe(): Promise<Me | null> {
  return (await api.get<Me | null>("/api/session")) ?? null;
}

interface Session {
  me: Me;
  can: (...anyOf: Permission[]) => boolean;
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ me, children }: { me: Me; children: ReactNode }) {
  const client = useQueryClient();
  useEffect(() => onSignedOut(() => client.setQueryData(ME, null)), [client]);
  const value = useMemo(
    () => ({ me, can: (...anyOf: Permission[]) => anyOf.some((each) => me.permissions.includes(each)) }),
    [me],
  );
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession outside a signed-in screen");
  return session;
}
