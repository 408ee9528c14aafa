/** What the admin of an org needs to mend a problem there, as a text to send. */
import type { ProblemBody } from "../api/types";
import { setupAddress } from "./setup-address";

type Told = Pick<ProblemBody, "code" | "text" | "remedy">;

/** The problem with its code, then where in Setup it is mended and by which step, with the address where it is known. */
export function forAdmin({ code, text, remedy }: Told, instanceUrl?: string): string {
  const lines = [`${text} (${code})`];
  if (remedy) lines.push(`${remedy.place}: ${remedy.step}`);
  const address = setupAddress(remedy, instanceUrl);
  return [...lines, ...(address ? [address] : [])].join("\n");
}
