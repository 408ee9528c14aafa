import { Button, Modal, Skeleton } from "@mantine/core";
import { useMemo, useState } from "react";
import { isChanged } from "../../../api/client";
import { useSObjects } from "../../../api/sobjects";
import { useAddSyncRule, useDeleteSyncRule } from "../../../api/sync-rules";
import type { SyncRuleBody } from "../../../api/types";
import { Card } from "../../../components/card";
import { Picker } from "../../../components/picker";
import { ProblemNotice } from "../../../components/problem-notice";
import { TwoVersions } from "../../../components/two-versions";
import { formatCount } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";
import { ruleWords } from "../../../lib/rule-words";
import { tellFailed } from "../../../lib/tell";
import { type Copyable, CopyQuestion, everythingOf } from "./-copy-question";
import { useIsSetUp } from "./-rule-draft";

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
  const adding = useAddSyncRule(integration);
  const stopping = useDeleteSyncRule(integration);
  const isSetUp = useIsSetUp(integration);
  // What is asked about stays while its question goes away.
  const [doubted, setDoubted] = useState<SyncRuleBody>();
  const [asksToStop, setAsksToStop] = useState(false);
  const [wanted, setWanted] = useState<Copyable>();
  // What was to end, and is another rule by now.
  const [lost, setLost] = useState<string>();
  const theirs = rules.find(({ sobject }) => sobject === lost);
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

  function add(name: string) {
    setPending((old) => new Map(old).set(name, true));
    adding.mutate(everythingOf(name), { onError: tellFailed, onSettled: () => settle(name) });
  }

  function stop(rule: SyncRuleBody) {
    setPending((old) => new Map(old).set(rule.sobject, false));
    stopping.mutate(rule, {
      onSuccess: () => setLost(undefined),
      onError: (error) => (isChanged(error) ? setLost(rule.sobject) : tellFailed(error)),
      onSettled: () => settle(rule.sobject),
    });
  }

  function toggle(name: string, on: boolean) {
    const rule = rules.find(({ sobject }) => sobject === name);
    if (on && isSetUp) setWanted(sobjects.data?.find((one) => one.name === name));
    else if (on) add(name);
    else if (rule && (isSetUp || rule.rows > 0 || rule.filter !== null || rule.fields !== null)) {
      setDoubted(rule);
      setAsksToStop(true);
    } else if (rule) stop(rule);
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
      {lost && theirs && (
        <div style={{ padding: 16 }}>
          <TwoVersions
            what={`rule for ${theirs.label}`}
            theirs={ruleWords(theirs)}
            mine={[{ label: "Records", value: "None: the rule is deleted" }]}
            isSaving={stopping.isPending}
            onKeepTheirs={() => setLost(undefined)}
            onSaveMine={() => stop(theirs)}
          />
        </div>
      )}
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
                for (const name of offered) add(name);
              }}
            >
              Add {offered.join(", ")}
            </Button>
          )
        }
      />
      <CopyQuestion
        integration={integration}
        sobject={wanted}
        onClose={() => setWanted(undefined)}
        onCopy={({ name }) => add(name)}
      />
      <Modal opened={asksToStop} onClose={() => setAsksToStop(false)} title={`Stop copying ${doubted?.label}?`}>
        <p style={{ marginTop: 0 }}>
          {doubted && doubted.rows > 0
            ? `Its rule is deleted. The ${formatCount(doubted.rows, "record")} copied so far stay, but are no longer kept up to date.`
            : "Its rule is deleted, with its filter and its choice of fields."}
        </p>
        <div style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
          <Button
            onClick={() => {
              if (doubted) stop(doubted);
              setAsksToStop(false);
            }}
          >
            Stop copying {doubted?.label}
          </Button>
          <Button variant="default" onClick={() => setAsksToStop(false)}>
            Cancel
          </Button>
        </div>
      </Modal>
    </Card>
  );
}
