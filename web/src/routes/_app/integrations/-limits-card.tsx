import { Button, NumberInput, Skeleton } from "@mantine/core";
import { useState } from "react";
import { useLimits, usePutLimits } from "../../../api/limits";
import type { LimitsBody } from "../../../api/types";
import { ApiMeter } from "../../../components/api-meter";
import { Card } from "../../../components/card";
import { ProblemNotice } from "../../../components/problem-notice";
import { toProblem } from "../../../lib/problem";
import { tellDone } from "../../../lib/tell";

/** The org's API calls, and what this integration may spend of them. */
export function LimitsCard({ integration, reason }: { integration: string; reason?: string }) {
  const limits = useLimits(integration);
  return (
    <Card title="API calls of the last 24 hours">
      {limits.isPending && <Skeleton height={96} />}
      {limits.isError && <ProblemNotice problem={toProblem(limits.error)} onRetry={() => limits.refetch()} />}
      {limits.data && (
        <>
          <ApiMeter limits={limits.data} />
          {!reason && <AllowanceForm integration={integration} limits={limits.data} />}
        </>
      )}
    </Card>
  );
}

function AllowanceForm({ integration, limits }: { integration: string; limits: LimitsBody }) {
  const put = usePutLimits(integration);
  const [allotment, setAllotment] = useState<number | string>(limits.allotment ?? "");
  const [stopPercent, setStopPercent] = useState<number | string>(limits.stop_percent);
  const isSame =
    (allotment === "" ? null : Number(allotment)) === limits.allotment && Number(stopPercent) === limits.stop_percent;
  return (
    <form
      style={{ display: "flex", flexWrap: "wrap", alignItems: "flex-end", gap: 12, marginTop: 16 }}
      onSubmit={(event) => {
        event.preventDefault();
        put.mutate(
          { allotment: allotment === "" ? null : Number(allotment), stop_percent: Number(stopPercent) },
          { onSuccess: () => tellDone("Saved.") },
        );
      }}
    >
      <NumberInput
        label="Allotment of this integration"
        description="Calls in 24 hours; empty for as many as the org leaves."
        w={280}
        min={1}
        allowDecimal={false}
        thousandSeparator=","
        value={allotment}
        onChange={setAllotment}
      />
      <NumberInput
        label="Syncing stops at"
        description="Percent of the org's limit, for all integrations on it."
        w={280}
        min={1}
        max={100}
        suffix=" %"
        allowDecimal={false}
        required
        withAsterisk={false}
        value={stopPercent}
        onChange={setStopPercent}
      />
      <Button type="submit" variant="default" loading={put.isPending} disabled={isSame || stopPercent === ""}>
        Save
      </Button>
      {put.isError && <ProblemNotice problem={toProblem(put.error)} />}
    </form>
  );
}
