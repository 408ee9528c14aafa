import { Button, Skeleton } from "@mantine/core";
import { IconSparkles } from "@tabler/icons-react";
import { useState } from "react";
import { useEntities, useMappingSuggestions } from "../../../api/field-mappings";
import { useDescribes } from "../../../api/sobjects";
import { useSyncRules } from "../../../api/sync-rules";
import type { EntityBody, NewFieldMappingBody, SyncRuleBody } from "../../../api/types";
import { Card, Sections } from "../../../components/card";
import { MappingTable, type SourceGroup } from "../../../components/mapping-table";
import { Notice, ProblemNotice } from "../../../components/problem-notice";
import { Segments } from "../../../components/segments";
import { formatCount, formatNumber } from "../../../lib/format";
import { openSuggestions, sourceOf, withMapping, withoutMapping } from "../../../lib/mappings";
import { toProblem } from "../../../lib/problem";

interface MappingEditorProps {
  integration: string;
  mappings: NewFieldMappingBody[];
  onChange: (mappings: NewFieldMappingBody[]) => void;
}

/** Says which field feeds which property, entity by entity. */
export function MappingEditor({ integration, mappings, onChange }: MappingEditorProps) {
  const entities = useEntities();
  const rules = useSyncRules(integration);
  const sources = useSources(integration, rules.data ?? []);
  const suggestions = useMappingSuggestions(integration, (rules.data?.length ?? 0) > 0);
  const [shown, setShown] = useState<EntityBody["name"]>("company");
  const failed = [entities, rules, suggestions].find(({ isError }) => isError);

  if (entities.isPending || rules.isPending) return <Skeleton height={400} />;
  if (!entities.data || !rules.data) {
    return <ProblemNotice problem={toProblem(failed?.error)} onRetry={() => failed?.refetch()} />;
  }
  const entity = entities.data.find(({ name }) => name === shown) ?? entities.data[0];
  const open = openSuggestions(suggestions.data ?? [], mappings);
  const acceptAll = () => onChange(open.reduce<NewFieldMappingBody[]>(withMapping, mappings));
  return (
    <Sections>
      {open.length > 0 && (
        <Notice>
          <div style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px 16px" }}>
            <span style={{ flex: "1 1 260px" }}>
              <strong>{formatCount(open.length, "suggestion")} ready.</strong> They go by API names, labels and types;
              nothing is saved before you accept.
            </span>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconSparkles size={16} aria-hidden />}
              onClick={acceptAll}
            >
              Accept all {formatNumber(open.length)}
            </Button>
          </div>
        </Notice>
      )}
      {failed && <ProblemNotice tone="warning" problem={toProblem(failed.error)} onRetry={() => failed.refetch()} />}
      <Card
        flush
        aside={
          <Segments
            label="Entity"
            value={shown}
            onChange={setShown}
            choices={entities.data.map(({ name, label }) => ({
              value: name,
              label: `${label} (${formatNumber(mappings.filter((mapping) => mapping.entity === name).length)})`,
            }))}
          />
        }
      >
        {entity && (
          <MappingTable
            entity={entity}
            mappings={mappings}
            suggestions={open}
            sources={sources.groups}
            isLoading={sources.isLoading}
            onMap={(mapping) => onChange(withMapping(mappings, mapping))}
            onClear={(property) => onChange(withoutMapping(mappings, { entity: entity.name, property }))}
          />
        )}
      </Card>
    </Sections>
  );
}

/** The fields that the rules copy, by sObject. */
function useSources(integration: string, rules: SyncRuleBody[]): { groups: SourceGroup[]; isLoading: boolean } {
  const describes = useDescribes(
    integration,
    rules.map(({ sobject }) => sobject),
  );
  const groups = rules.map((rule, index) => {
    const fields = describes[index]?.data?.fields ?? [];
    const copied = fields.filter(
      ({ name, skipped }) => skipped === null && (rule.fields === null || rule.fields.includes(name)),
    );
    return {
      group: rule.label,
      items: copied.map(({ name, label, type }) => ({
        value: sourceOf({ sobject: rule.sobject, field: name }),
        label: `${rule.label}: ${label}`,
        sobject: rule.sobject,
        field: name,
        type,
      })),
    };
  });
  return { groups, isLoading: describes.some(({ isPending }) => isPending) };
}
