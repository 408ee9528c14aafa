import { Button } from "@mantine/core";
import { useEndOtherSessions, useEndSession, useSessions } from "../../../api/sessions";
import { Card } from "../../../components/card";
import { ProblemNotice } from "../../../components/problem-notice";
import { Table, TableSkeleton } from "../../../components/table";
import { TimeAgo } from "../../../components/time-ago";
import { browserWords } from "../../../lib/browser-words";
import { toProblem } from "../../../lib/problem";
import { tellDone, tellFailed } from "../../../lib/tell";

/** Where you are signed in, and signing out there. */
export function SessionsCard() {
  const sessions = useSessions();
  const endOthers = useEndOtherSessions();
  const others = (sessions.data ?? []).filter(({ current }) => !current);
  return (
    <Card
      title="Where you are signed in"
      flush
      aside={
        <Button
          size="xs"
          variant="default"
          disabled={others.length === 0}
          loading={endOthers.isPending}
          onClick={() =>
            endOthers.mutate(undefined, {
              onSuccess: () => tellDone("You are signed out everywhere else."),
              onError: tellFailed,
            })
          }
        >
          Sign out everywhere else
        </Button>
      }
    >
      {sessions.isPending && <TableSkeleton columns={["Browser", "Signed in", "Last used"]} rows={2} />}
      {sessions.isError && <ProblemNotice problem={toProblem(sessions.error)} onRetry={() => sessions.refetch()} />}
      {sessions.data && (
        <Table label="Where you are signed in">
          <thead>
            <tr>
              <th scope="col">Browser</th>
              <th scope="col">Signed in</th>
              <th scope="col">Last used</th>
              <th scope="col">
                <span className="quiet">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.data.map((session) => (
              <tr key={session.id}>
                <td title={session.browser ?? undefined}>
                  {browserWords(session.browser)} {session.current && <span className="quiet">(this one)</span>}
                </td>
                <td>
                  <TimeAgo at={session.created_at} />
                </td>
                <td>
                  <TimeAgo at={session.used_at} />
                </td>
                <td>{!session.current && <EndButton id={session.id} browser={browserWords(session.browser)} />}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}

function EndButton({ id, browser }: { id: string; browser: string }) {
  const end = useEndSession();
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={end.isPending}
      aria-label={`Sign out of ${browser}`}
      onClick={() => end.mutate(id, { onSuccess: () => tellDone("Signed out there."), onError: tellFailed })}
    >
      Sign out
    </Button>
  );
}
