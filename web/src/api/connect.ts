import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import {
  confirmConnectFlow,
  createConnectFlow,
  deleteConnectFlow,
  findConnectFlow,
  findConnectOptions,
  findUserChange,
  listAppFiles,
} from "./generated";
import type { NewConnectFlow, SignInKind } from "./types";

const FLOW_POLL_MS = 1_000;

export function useConnectOptions() {
  return useQuery({ queryKey: ["connect-options"], queryFn: () => call(findConnectOptions()), staleTime: 60_000 });
}

/** The files that make the app in an org. */
export function useAppFiles(signIn: SignInKind, wanted: boolean) {
  return useQuery({
    queryKey: ["app-files", signIn],
    queryFn: async () => (await call(listAppFiles({ query: { sign_in: signIn } }))).items,
    enabled: wanted,
    staleTime: 60_000,
  });
}

export function useStartConnect() {
  return useMutation({ mutationFn: (body: NewConnectFlow) => call(createConnectFlow({ body })) });
}

/** A connect flow, asked for every second while the person is at Salesforce. */
export function useConnectFlow(id: string | undefined) {
  return useQuery({
    queryKey: ["connect-flows", id],
    queryFn: () => call(findConnectFlow({ path: { id: id ?? "" } })),
    enabled: id !== undefined,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data && state.data.status !== "waiting" ? false : FLOW_POLL_MS),
    refetchIntervalInBackground: true,
  });
}

/** What changes with the user that a reconnect waits with. */
export function useUserChange(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ["connect-flows", id, "user-change"],
    queryFn: () => call(findUserChange({ path: { id } })),
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useConfirmConnect() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(confirmConnectFlow({ path: { id } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["integrations"] }),
  });
}

/** Calls a flow off. What Salesforce granted is revoked. */
export function useCancelConnect() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(deleteConnectFlow({ path: { id } })),
    onSettled: (_, __, id) => cache.removeQueries({ queryKey: ["connect-flows", id] }),
  });
}
