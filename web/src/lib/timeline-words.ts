import type { TimelineEntryBody } from "../api/types";

/** What happened, as a sentence that goes on after who did it. */
export function timelineWords({ kind, field, sobject, before, after }: TimelineEntryBody): string {
  const what = field ? `${sobject ?? ""}.${field}` : (sobject ?? "");
  switch (kind) {
    case "field.added":
      return `${what} is new in the org and is copied from now on`;
    case "field.suggested":
      return `${what} is new in the org and waits for a decision`;
    case "field.ignored":
      return `${what} is new in the org and is left out by the rule`;
    case "field.selected":
      return `${what} was chosen`;
    case "field.deselected":
      return `${what} is no longer chosen; its values stay`;
    case "field.missing":
      return `${what} was removed or hidden in the org; its values stay`;
    case "field.returned":
      return `${what} is back`;
    case "field.renamed":
      return `${sobject}.${before ?? field} is now ${after ?? "another field"}`;
    case "field.retyped":
    case "field.resized":
      return `${what} changed from ${before} to ${after}`;
    case "field.refused":
      return `${what} changed from ${before} to ${after}, which waits for a decision`;
    case "field.accepted":
      return `The new type of ${what} was accepted`;
    case "field.filled":
      return `${what} is filled for all records`;
    case "sobject.missing":
      return `${what} can no longer be read; what was copied stays`;
    case "sobject.returned":
      return `${what} can be read again`;
    case "field_policy.changed":
      return `How new fields of ${what} are treated changed from ${before} to ${after}`;
    case "integration.added":
      return "Connected the org";
    case "integration.renamed":
      return `Renamed it from "${before}" to "${after}"`;
    case "integration.paused":
      return "Paused syncing";
    case "integration.resumed":
      return "Resumed syncing";
    case "integration.deleted":
      return `Deleted the integration "${before}"; ${after}`;
    case "limits.changed":
      return `Changed the limits from ${before} to ${after}`;
    case "connection.revoked":
      return "Salesforce confirmed that the connection's grant was given back";
    case "connection.refused":
      return `Salesforce no longer accepts the connection (${after})`;
    case "connection.restored":
      return before && after && before !== after
        ? `Connected again as ${after}, before as ${before}; the copy is compared with what that user sees`
        : "Salesforce accepts the connection again";
    case "rule.added":
      return `Added ${what}: ${after}`;
    case "rule.changed":
      return `Changed ${what} from ${before} to ${after}`;
    case "rule.removed":
      return `Stopped copying ${what}`;
    case "mappings.changed":
      return `Changed the mappings, from ${before} to ${after}`;
    case "owner_group.changed":
      return after ? `Gave it to the group ${after}` : `Gave it to the whole workspace, from the group ${before}`;
    case "share.granted":
      return `Shared it with the group ${after}`;
    case "share.revoked":
      return `Shares it with the group ${before} no longer`;
    case "share.disconnected":
      return `Disconnected it for the group ${before}`;
    case "workspace.renamed":
      return `Renamed the workspace from ${before} to ${after}`;
    case "workspace.moved":
      return `Changed the workspace's time zone from ${before} to ${after}`;
    case "group.added":
      return `Made the group ${after}`;
    case "group.renamed":
      return `Renamed the group ${before} to ${after}`;
    case "group.deleted":
      return `Deleted the group ${before}`;
    case "group.switched_on":
      return `Switched Salesforce on for the group ${after}`;
    case "group.switched_off":
      return `Switched Salesforce off for the group ${after}`;
    case "group.members_added":
      return `Took into the group ${after}`;
    case "group.members_removed":
      return `Took out of the group ${before}`;
    default:
      return [kind, what].filter(Boolean).join(" ");
  }
}

/** Whether an entry is something that a person should act on. */
export function isTrouble(kind: string): boolean {
  return ["connection.refused", "field.refused", "field.missing", "sobject.missing"].includes(kind);
}
