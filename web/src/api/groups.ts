import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
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
  return useGroupChange((body: { name?: string; salesforce_on?: boolean }) =>
    call(updateGroup({ path: { id }, body })),
  );
}

export function useDeleteGroup() {
  return useGroupChange((id: string) => call(deleteGroup({ path: { id } })));
}

export function usePutGroupMembers(id: string) {
  return useGroupChange((members: string[]) => call(putGroupMembers({ path: { id }, body: { members } })));
}

export function usePutConnectedGroups(id: string) {
  return useGroupChange((groups: string[]) => call(putConnectedGroups({ path: { id }, body: { groups } })));
}
