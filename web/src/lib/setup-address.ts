import type { ProblemBody } from "../api/types";

/** Where in an org's Setup a problem is mended; nothing where the org is not known, or the page differs from org to org. */
export function setupAddress(remedy: ProblemBody["remedy"], instanceUrl?: string): string | undefined {
  return instanceUrl && remedy?.path ? instanceUrl.replace(/\/$/, "") + remedy.path : undefined;
}
