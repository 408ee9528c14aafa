import { useRetryRowErrors, useRowErrorKinds } from "../../../api/runs";
import { useMember } from "../../../api/session";
import type { IntegrationBody, RetriedRowErrors, RowErrorKindBody } from "../../../api/types";
import { ActionButton } from "../../../components/action-button";
import { Card } from "../../../components/card";
import { Link } from "../../../components/link";
import { ProblemNotice } from "../../../components/problem-notice";
import { TimeAgo } from "../../../components/time-ago";
import { formatCount } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";
import { reasonAgainstRunning } from "../../../lib/sharing";
import { tellDone, tellFailed } from "../../../lib/tell";

/** What became of another try, in a sentence or two. */
function retriedWords({ tried, mended, run_id }: RetriedRowErrors, sobject: string): string {
  if (run_id !== null) return `${sobject} is read again from the first record to the last.`;
  if (mended === tried)
    return `${formatCount(mended, "record")} of ${sobject} ${mended === 1 ? "has" : "have"} no error any more.`;
  return `${formatCount(tried, "record")} of ${sobject} read again. ${formatCount(tried - mended, "record")} still ${tried - mended === 1 ? "has" : "have"} the error.`;
}

/** What is wrong with some records: a card for each kind, with the records, what mends it, and another try. */
export function RowErrorCards({ integration }: { integration: IntegrationBody }) {
  const kinds = useRowErrorKinds(integration.id);
  if (kinds.isError) {
    return <ProblemNotice problem={toProblem(kinds.error)} onRetry={() => kinds.refetch()} />;
  }
  return kinds.data?.map((kind) => (
    <RowErrorCard key={`${kind.sobject} ${kind.code}`} integration={integration} kind={kind} />
  ));
}

function RowErrorCard({ integration, kind }: { integration: IntegrationBody; kind: RowErrorKindBody }) {
  const { sobject, code, message, remedy, records, since, examples } = kind;
  const member = useMember();
  const retry = useRetryRowErrors(integration.id);
  const more = records - examples.length;
  return (
    <Card
      title={`${formatCount(records, "record")} of ${sobject} ${records === 1 ? "has" : "have"} an error`}
      aside={
        <ActionButton
          size="xs"
          variant="default"
          loading={retry.isPending}
          reason={reasonAgainstRunning(integration, member.role)}
          onClick={() =>
            retry.mutate(
              { sobject, code },
              { onSuccess: (retried) => tellDone(retriedWords(retried, sobject)), onError: tellFailed },
            )
          }
        >
          Retry
        </ActionButton>
      }
    >
      <p style={{ margin: 0 }}>
        {message} <code className="quiet small">{code}</code>
      </p>
      <p style={{ margin: "4px 0 0" }}>{remedy}</p>
      <p className="quiet small" style={{ margin: "8px 0 0" }}>
        Since <TimeAgo at={since} />
      </p>
      {examples.length > 0 && (
        <p style={{ margin: "4px 0 0", display: "flex", flexWrap: "wrap", gap: "4px 12px" }}>
          {examples.map((record) => (
            <Link
              key={record}
              className="mono"
              to="/data/$integration/$sobject"
              params={{ integration: integration.id, sobject }}
              search={{ record }}
            >
              {record}
            </Link>
          ))}
          {more > 0 && <span className="quiet">and {formatCount(more, "more record")}</span>}
        </p>
      )}
    </Card>
  );
}
