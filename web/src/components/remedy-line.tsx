import type { ProblemBody } from "../api/types";
import { setupAddress } from "../lib/setup-address";
import { OutsideLink } from "./outside-link";

/** The click in Salesforce that mends a problem, with the way to it where the org's address is known. */
export function RemedyLine({ remedy, instanceUrl }: { remedy: ProblemBody["remedy"]; instanceUrl?: string }) {
  if (!remedy) return null;
  const address = setupAddress(remedy, instanceUrl);
  return (
    <p style={{ margin: "4px 0 0" }}>
      <strong>
        In Salesforce, {address ? <OutsideLink href={address}>{remedy.place}</OutsideLink> : remedy.place}:
      </strong>{" "}
      {remedy.step}
    </p>
  );
}
