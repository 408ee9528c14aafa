import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import { deletePersonalConnection, listPersonalConnections, startPersonalConnection } from "./generated";

const key = ["personal-connections"];

/** The connected orgs, and one's own access to each. */
export function usePersonalConnections(mayAsk: boolean) {
  return useQuery({
    queryKey: key,
    queryFn: async () => (await call(listPersonalConnections())).items,
    enabled: mayAsk,
  });
}

export interface NewPersonalConnection {
  org_id: string;
  another_user?: boolean;
}

export function useStartPersonal() {
  return useMutation({ mutationFn: (body: NewPersonalConnection) => call(startPersonalConnection({ body })) });
}

/** Gives one's own access back. */
export function useEndPersonal() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(deletePersonalConnection({ path: { id } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: key }),
  });
}

/** Looks again, after a walk has ended. */
export function useRefreshPersonal() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: key });
}
