import { Button, Modal, Skeleton } from "@mantine/core";
import { useMemo, useState } from "react";
import { useSObjects } from "../../../api/sobjects";
import { useAddSyncRule, useDeleteSyncRule } from "../../../api/sync-rules";
import type { SyncRuleBody } from "../../../api/types";
import { Card } from "../../../components/card";
import { Picker } from "../../../components/picker";
import { ProblemNotice } from "../../../components/problem-notice";
import { formatCount } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";
import { tellFailed } from "../../../lib/tell";
import { RuleDraftPreview, useIsSetUp } from "./-rule-draft";

/** The sObjects that most teams begin with. */
const usual = ["Account", "Contact", "Opportunity", "Case", "User"];

interface SObjectPickerCardProps {
  integration: string;
  rules: SyncRuleBody[];
}

/**
 * Chooses which sObjects are copied. While an integration is being set up each tick is saved at once; of one that is synced, what
 * it brings and costs is said first.
 */
export function SObjectPickerCard({ integration, rules }: SObjectPickerCardProps) {
  const sobjects = useSObjects(integration);
  const add = useAddSyncRule(integration);
  const remove = useDeleteSyncRule(integration);
  const isSetUp = useIsSetUp(integration);
  // What is asked about stays while its question goes away.
  const [doubted, setDoubted] = useState<SyncRuleBody>();
  const [wanted, setWanted] = useState<{ name: string; label: string }>();
  const [asks, setAsks] = useState<"add" | "stop">();
  // What was ticked or unticked but is not confirmed by the server yet.
  const [pending, setPending] = useState<ReadonlyMap<string, boolean>>(new Map());
  const selected = useMemo(() => {
    const names = new Set(rules.map(({ sobject }) => sobject));
    for (const [name, on] of pending) on ? names.add(name) : names.delete(name);
    return names;
  }, [rules, pending]);

  function settle(name: string) {
    setPending((old) => new Map([...old].filter(([other]) => other !== name)));
  }

  function save(name: string, on: boolean) {
    setPending((old) => new Map(old).set(name, on));
    const options = { onError: tellFailed, onSettled: () => settle(name) };
    if (on) add.mutate(everythingOf(name), options);
    else remove.mutate(name, options);
  }

  function toggle(name: string, on: boolean) {
    const rule = rules.find(({ sobject }) => sobject === name);
    if (!on && rule && (isSetUp || rule.rows > 0 || rule.filter !== null || rule.fields !== null)) {
      setDoubted(rule);
      setAsks("stop");
    } else if (on && isSetUp) {
      setWanted(sobjects.data?.find((one) => one.name === name));
      setAsks("add");
    } else save(name, on);
  }

  if (sobjects.isPending || isSetUp === undefined) return <Skeleton height={520} />;
  if (sobjects.isError) {
    return <ProblemNotice problem={toProblem(sobjects.error)} onRetry={() => sobjects.refetch()} />;
  }
  const offered = usual.filter(
    (name) => !selected.has(name) && sobjects.data.some((one) => one.name === name && one.queryable),
  );
  return (
    <Card title="Which sObjects" flush>
      <Picker
        searchLabel="Search sObjects by label or API name"
        selected={selected}
        onToggle={toggle}
        items={sobjects.data.map(({ name, label, custom, queryable, why_not }) => ({
          name,
          label,
          custom,
          whyNot: queryable ? undefined : (why_not ?? "Salesforce does not let this be read through its API."),
        }))}
        tools={() =>
          offered.length > 0 &&
          !isSetUp && (
            <Button
              size="xs"
              variant="default"
              onClick={() => {
                for (const name of offered) save(name, true);
              }}
            >
              Add {offered.join(", ")}
            </Button>
          )
        }
      />
      <Modal size="lg" opened={asks === "add"} onClose={() => setAsks(undefined)} title={`Copy ${wanted?.label}?`}>
        {wanted && (
          <>
            <p>All its records are copied, with all fields. A filter and a choice of fields can be set afterwards.</p>
            <RuleDraftPreview integration={integration} draft={everythingOf(wanted.name)} />
          </>
        )}
        <Button
          mt={16}
          onClick={() => {
            if (wanted) save(wanted.name, true);
            setAsks(undefined);
          }}
        >
          Copy {wanted?.label}
        </Button>
      </Modal>
      <Modal opened={asks === "stop"} onClose={() => setAsks(undefined)} title={`Stop copying ${doubted?.label}?`}>
        <p>
          {doubted && doubted.rows > 0
            ? `Its rule is deleted. The ${formatCount(doubted.rows, "record")} copied so far stay, but are no longer kept up to date.`
            : "Its rule is deleted, with its filter and its choice of fields."}
        </p>
        <Button
          onClick={() => {
            if (doubted) save(doubted.sobject, false);
            setAsks(undefined);
          }}
        >
          Stop copying {doubted?.label}
        </Button>
      </Modal>
    </Card>
  );
}

function everythingOf(sobject: string) {
  return { sobject, filter: null, fields: null };
}
