import { Button, NumberInput, Skeleton } from "@mantine/core";
import { useState } from "react";
import { isChanged } from "../../../api/client";
import { useLimits, usePutLimits } from "../../../api/limits";
import type { LimitsBody } from "../../../api/types";
import { ApiMeter } from "../../../components/api-meter";
import { Card } from "../../../components/card";
import { ProblemNotice } from "../../../components/problem-notice";
import { TwoVersions } from "../../../components/two-versions";
import { formatNumber } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";
import { tellDone } from "../../../lib/tell";

interface LimitsCardProps {
  integration: string;
  /** Whether the person changes here what the integration may spend. */
  isForm?: boolean;
}

/** The org's API calls, and what this integration may spend of them. */
export function LimitsCard({ integration, isForm = false }: LimitsCardProps) {
  const limits = useLimits(integration);
  return (
    <Card title="API calls of the last 24 hours">
      {limits.isPending && <Skeleton height={96} />}
      {limits.isError && <ProblemNotice problem={toProblem(limits.error)} onRetry={() => limits.refetch()} />}
      {limits.data && (
        <>
          <ApiMeter limits={limits.data} />
          {isForm && <AllowanceForm integration={integration} limits={limits.data} />}
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
  // What was there when somebody began to change it.
  const [seen, setSeen] = useState(limits.version);
  const isLost = isChanged(put.error);

  function save(over: string) {
    put.mutate(
      { allotment: allotment === "" ? null : Number(allotment), stop_percent: Number(stopPercent), seen: over },
      {
        onSuccess: (saved) => {
          setSeen(saved.version);
          tellDone("Saved.");
        },
      },
    );
  }

  function keepTheirs() {
    setAllotment(limits.allotment ?? "");
    setStopPercent(limits.stop_percent);
    setSeen(limits.version);
    put.reset();
  }

  return (
    <form
      style={{ display: "flex", flexWrap: "wrap", alignItems: "flex-end", gap: 12, marginTop: 16 }}
      onSubmit={(event) => {
        event.preventDefault();
        save(seen);
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
      <Button type="submit" variant="default" loading={put.isPending} disabled={isSame || isLost || stopPercent === ""}>
        Save
      </Button>
      {put.isError && !isLost && <ProblemNotice problem={toProblem(put.error)} />}
      {isLost && (
        <TwoVersions
          what="allowance"
          theirs={allowanceLines(limits.allotment, limits.stop_percent)}
          mine={allowanceLines(allotment === "" ? null : Number(allotment), Number(stopPercent))}
          isSaving={put.isPending}
          onKeepTheirs={keepTheirs}
          onSaveMine={() => save(limits.version)}
        />
      )}
    </form>
  );
}

function allowanceLines(allotment: number | null, stopPercent: number) {
  return [
    {
      label: "Allotment",
      value: allotment === null ? "As many as the org leaves" : `${formatNumber(allotment)} calls`,
    },
    { label: "Syncing stops at", value: `${stopPercent} %` },
  ];
}
