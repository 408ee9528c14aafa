import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, seenAs } from "./client";
import { createGroup, deleteGroup, listGroups, putConnectedGroups, putGroupMembers, updateGroup } from "./generated";

export const groupsKey = ["groups"];

/** The groups of the workspace. */
export function useGroups() {
  return useQuery({ queryKey: groupsKey, queryFn: async () => (await call(listGroups())).items });
}

function useGroupChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => cache.invalidateQueries({ queryKey: groupsKey }) });
}

export function useCreateGroup() {
  return useGroupChange((name: string) => call(createGroup({ body: { name } })));
}

export function useRenameGroup(id: string) {
  return useGroupChange(({ name, seen }: { name: string; seen: string }) =>
    call(updateGroup({ path: { id }, body: { name }, headers: seenAs(seen) })),
  );
}

/** Switches Salesforce on or off for a group. */
export function useSwitchSalesforce(id: string) {
  return useGroupChange(({ isOn, seen }: { isOn: boolean; seen: string }) =>
    call(updateGroup({ path: { id }, body: { salesforce_on: isOn }, headers: seenAs(seen) })),
  );
}

export function useDeleteGroup() {
  return useGroupChange(({ id, version }: { id: string; version: string }) =>
    call(deleteGroup({ path: { id }, headers: seenAs(version) })),
  );
}

export function usePutGroupMembers(id: string) {
  return useGroupChange(({ members, seen }: { members: string[]; seen: string }) =>
    call(putGroupMembers({ path: { id }, body: { members }, headers: seenAs(seen) })),
  );
}

export function usePutConnectedGroups(id: string) {
  return useGroupChange(({ groups, seen }: { groups: string[]; seen: string }) =>
    call(putConnectedGroups({ path: { id }, body: { groups }, headers: seenAs(seen) })),
  );
}
