import { Button } from "@mantine/core";
import { Fragment } from "react";
import { useAcceptFields, useRuleFields } from "../../../api/rule-fields";
import type { RuleFieldBody, SyncRuleBody } from "../../../api/types";
import { Notice } from "../../../components/problem-notice";
import { TimeAgo } from "../../../components/time-ago";
import { formatCount } from "../../../lib/format";
import { tellDone, tellFailed } from "../../../lib/tell";

/** Fields of a rule that wait for a person, and those whose values rest. Nothing where there are none. */
export function RuleFieldStates({ integration, rule }: { integration: string; rule: SyncRuleBody }) {
  const fields = useRuleFields(integration, rule.sobject);
  const accept = useAcceptFields(integration, rule);
  const of = (state: RuleFieldBody["state"]) => (fields.data ?? []).filter((field) => field.state === state);
  const [held, refused, frozen] = [of("held"), of("refused"), of("frozen")];
  const reread = of("filled").filter((field) => field.is_volatile && field.as_of);
  if (held.length + refused.length + frozen.length + reread.length === 0) return null;

  function take(some: RuleFieldBody[]) {
    accept.mutate(
      some.flatMap(({ field }) => field ?? []),
      {
        onSuccess: () => tellDone(`${formatCount(some.length, "field")} will be filled by the next run.`),
        onError: tellFailed,
      },
    );
  }

  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 8, padding: 16 }}>
      {held.length > 0 && (
        <Notice>
          <p style={{ margin: 0 }}>
            <strong>{formatCount(held.length, "new field")} in the org:</strong> {names(held)}. Fill the copied records
            too? Only these columns are read.
          </p>
          <Button size="xs" variant="default" mt={8} loading={accept.isPending} onClick={() => take(held)}>
            Add {held.length === 1 ? "it" : "them"}
          </Button>
        </Notice>
      )}
      {refused.length > 0 && (
        <Notice tone="warning">
          <p style={{ margin: 0 }}>
            <strong>{formatCount(refused.length, "field")} of another type:</strong>{" "}
            {refused.map(({ field, type, refused_type }) => `${field} (${type} → ${refused_type})`).join(", ")}.
            Accepting sets the old column aside with its values and fills a new one.
          </p>
          <Button size="xs" variant="default" mt={8} loading={accept.isPending} onClick={() => take(refused)}>
            Accept the new {refused.length === 1 ? "type" : "types"}
          </Button>
        </Notice>
      )}
      {frozen.length > 0 && (
        <Notice tone="warning">
          <p style={{ margin: 0 }}>
            <strong>{formatCount(frozen.length, "field")} cannot be read any more:</strong> <AsOf fields={frozen} />.
            The copied values stay as they were read last.
          </p>
        </Notice>
      )}
      {reread.length > 0 && (
        <p className="quiet" style={{ margin: 0 }}>
          {formatCount(reread.length, "field")} {reread.length === 1 ? "changes" : "change"} without a change of the
          record, and {reread.length === 1 ? "is" : "are"} read again on a schedule: <AsOf fields={reread} />.
        </p>
      )}
    </div>
  );
}

/** Fields, each with the moment up to which its values are known. */
function AsOf({ fields }: { fields: RuleFieldBody[] }) {
  return fields.map(({ field, column, as_of }, at) => (
    <Fragment key={column ?? field}>
      {at > 0 && ", "}
      {field ?? column}
      {as_of && (
        <>
          {" "}
          (<TimeAgo at={as_of} prefix="as of " />)
        </>
      )}
    </Fragment>
  ));
}

function names(fields: RuleFieldBody[]): string {
  return fields.flatMap(({ field }) => field ?? []).join(", ");
}
