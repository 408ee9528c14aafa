import { Checkbox } from "@mantine/core";
import type { ApiProblem } from "../../../api/client";
import { ProblemNotice } from "../../../components/problem-notice";
import { toProblem } from "../../../lib/problem";

interface ConnectRefusalProps {
  error: ApiProblem;
  isAnotherUser: boolean;
  onAnotherUser: (isAnotherUser: boolean) => void;
}

/** Why nobody is sent to Salesforce. Where a user has no approval left, another user may still sign in. */
export function ConnectRefusal({ error, isAnotherUser, onAnotherUser }: ConnectRefusalProps) {
  const isFull = error.code === "limit.approvals";
  return (
    <ProblemNotice problem={toProblem(error)} tone={isFull ? "warning" : "problem"}>
      {isFull && (
        <Checkbox
          mt={8}
          label="I sign in as another Salesforce user"
          description="One who has not approved this app five times. The oldest approval of the others stays then."
          checked={isAnotherUser}
          onChange={(event) => onAnotherUser(event.currentTarget.checked)}
        />
      )}
    </ProblemNotice>
  );
}
