import type { GroupBody, IntegrationBody, SharesBody } from "../api/types";
import { formatList } from "./format";
import { type Role, reasonAgainst } from "./roles";
import type { ShareDraft } from "./share-draft";

/** Who has access: the group that owns it, null for the whole workspace, and the others. By ids. */
export interface Sharing {
  owner: string | null;
  others: string[];
}

/** Who has access as the server knows it. */
export function savedSharing({ group, groups }: SharesBody): Sharing {
  return { owner: group?.id ?? null, others: groups.map(({ id }) => id) };
}

/** Who shall have access once it is saved. What is no group any more, or not connected any more, is not among it. */
export function wantedSharing(shares: SharesBody, draft: ShareDraft | null, all: GroupBody[]): Sharing {
  const saved = savedSharing(shares);
  if (!draft) return saved;
  const isKnown = draft.group_id === null || all.some(({ id }) => id === draft.group_id);
  const owner = isKnown ? draft.group_id : saved.owner;
  const reachable = connectedWith(owner, all).map(({ id }) => id);
  return { owner, others: draft.groups.filter((id) => reachable.includes(id)) };
}

/** The groups that a group is connected with. */
export function connectedWith(owner: string | null, all: GroupBody[]): GroupBody[] {
  const own = all.find(({ id }) => id === owner);
  return own ? all.filter(({ id }) => own.connected.includes(id)) : [];
}

/** Who has access, in a few words: `Everybody in the workspace`, `Sales alone`, `Sales, Service and Legal`. */
export function sharingWords({ owner, others }: Sharing, all: GroupBody[]): string {
  const names = namesOf(owner === null ? [] : [owner, ...others], all);
  if (names.length === 0) return "Everybody in the workspace";
  return names.length === 1 ? `${names[0]} alone` : formatList(names);
}

/** What saving changes about who has access, a sentence each; none where it changes nothing. */
export function sharingChanges(before: Sharing, after: Sharing, all: GroupBody[]): string[] {
  const readersOf = ({ owner, others }: Sharing) => (owner === null ? [] : [owner, ...others]);
  const [had, have] = [readersOf(before), readersOf(after)];
  const gained = namesOf(
    have.filter((id) => before.owner !== null && !had.includes(id)),
    all,
  );
  const lost = namesOf(
    had.filter((id) => after.owner !== null && !have.includes(id)),
    all,
  );
  const changes: string[] = [];
  if (before.owner !== null && after.owner === null)
    changes.push("Everybody in the workspace has access once you save.");
  if (before.owner === null && after.owner !== null)
    changes.push(`Only ${formatList(namesOf(have, all))} and who manages integrations have access once you save.`);
  if (gained.length > 0) changes.push(`${formatList(gained)} will have access once you save.`);
  if (lost.length > 0) changes.push(`${formatList(lost)} will have none any more.`);
  return changes;
}

function namesOf(ids: string[], all: GroupBody[]): string[] {
  return ids.flatMap((id) => all.find((group) => group.id === id)?.name ?? []);
}

/** Who has access to an integration, as a table has room for. */
export function accessWords({ group, shared_with, is_received }: IntegrationBody): string {
  if (!group) return "Everybody";
  if (is_received) return `From ${group.name}`;
  return shared_with.length === 0 ? group.name : `${group.name} + ${shared_with.length}`;
}

/** Why somebody may not run, pause or check an integration, or nothing where they may. */
export function reasonAgainstRunning(integration: IntegrationBody, role: Role): string | undefined {
  const missing = reasonAgainst(role, "operator");
  if (missing || !integration.is_received) return missing;
  return `${integration.group?.name ?? "Another group"} shares this with your group, and alone runs it.`;
}
