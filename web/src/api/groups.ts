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

export function useChangeGroup(id: string) {
  return useGroupChange(({ seen, ...body }: { name?: string; salesforce_on?: boolean; seen: string }) =>
    call(updateGroup({ path: { id }, body, headers: seenAs(seen) })),
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
