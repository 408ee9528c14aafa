import type { ProblemBody } from "../api/types";
import { OutsideLink } from "./outside-link";

/** The click in Salesforce that mends a problem, with the way to it where the org's address is known. */
export function RemedyLine({ remedy, instanceUrl }: { remedy: ProblemBody["remedy"]; instanceUrl?: string }) {
  if (!remedy) return null;
  return (
    <p style={{ margin: "4px 0 0" }}>
      <strong>
        In Salesforce,{" "}
        {instanceUrl && remedy.path ? (
          <OutsideLink href={instanceUrl.replace(/\/$/, "") + remedy.path}>{remedy.place}</OutsideLink>
        ) : (
          remedy.place
        )}
        :
      </strong>{" "}
      {remedy.step}
    </p>
  );
}
