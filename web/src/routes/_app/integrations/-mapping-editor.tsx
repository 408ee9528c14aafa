import { Button, Skeleton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSparkles } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useEntities, useMappingSuggestions, useMappingsPreview } from "../../../api/field-mappings";
import { useDescribes } from "../../../api/sobjects";
import { useSyncRules } from "../../../api/sync-rules";
import type { EntityBody, NewFieldMappingBody, SyncRuleBody } from "../../../api/types";
import { Card, Sections } from "../../../components/card";
import { MappingTable, type SourceGroup } from "../../../components/mapping-table";
import { Notice, ProblemNotice } from "../../../components/problem-notice";
import { Segments } from "../../../components/segments";
import { formatCount, formatNumber } from "../../../lib/format";
import { finished, openSuggestions, sourceOf, withMapping, withoutMapping } from "../../../lib/mappings";
import { toProblem } from "../../../lib/problem";
import { MappingGaps } from "./-mapping-gaps";
import { MappingShape } from "./-mapping-shape";
import { MappingTemplates } from "./-mapping-templates";

const PREVIEW_AFTER_MS = 500;

interface MappingEditorProps {
  integration: string;
  mappings: NewFieldMappingBody[];
  onChange: (mappings: NewFieldMappingBody[]) => void;
}

/** Says which field feeds which property and what becomes of its values, entity by entity. */
export function MappingEditor({ integration, mappings, onChange }: MappingEditorProps) {
  const entities = useEntities();
  const rules = useSyncRules(integration);
  const sources = useSources(integration, rules.data ?? []);
  const suggestions = useMappingSuggestions(integration, (rules.data?.length ?? 0) > 0);
  const preview = useSettledPreview(integration, mappings);
  const [shown, setShown] = useState<EntityBody["name"]>("company");
  const [shaped, setShaped] = useState<string>();
  const failed = [entities, rules, suggestions, preview].find(({ isError }) => isError);

  if (entities.isPending || rules.isPending) return <Skeleton height={400} />;
  if (!entities.data || !rules.data) {
    return <ProblemNotice problem={toProblem(failed?.error)} onRetry={() => failed?.refetch()} />;
  }
  const entity = entities.data.find(({ name }) => name === shown) ?? entities.data[0];
  const open = openSuggestions(suggestions.data ?? [], mappings);
  const acceptAll = () => onChange(open.reduce<NewFieldMappingBody[]>(withMapping, mappings));
  const previews = preview.data?.items ?? [];
  const shapedProperty = entity?.properties.find(({ name }) => name === shaped);
  const shapedMapping = mappings.find((one) => one.entity === entity?.name && one.property === shaped);
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
      <MappingGaps integration={integration} gaps={preview.data?.gaps ?? []} />
      <Card
        flush
        aside={
          <>
            <Segments
              label="Entity"
              value={shown}
              onChange={setShown}
              choices={entities.data.map(({ name, label }) => ({
                value: name,
                label: `${label} (${formatNumber(mappings.filter((mapping) => mapping.entity === name).length)})`,
              }))}
            />
            <MappingTemplates
              integration={integration}
              entities={entities.data}
              mappings={mappings}
              onChange={onChange}
            />
          </>
        }
      >
        {entity && (
          <MappingTable
            entity={entity}
            mappings={mappings}
            suggestions={open}
            previews={previews}
            sources={sources.groups}
            isLoading={sources.isLoading}
            onMap={(mapping) => onChange(withMapping(mappings, mapping))}
            onClear={(property) => onChange(withoutMapping(mappings, { entity: entity.name, property }))}
            onShape={setShaped}
          />
        )}
      </Card>
      {shapedProperty && shapedMapping && (
        <MappingShape
          integration={integration}
          property={shapedProperty}
          mapping={shapedMapping}
          preview={previews.find((one) => one.entity === entity?.name && one.property === shaped)}
          onChange={(mapping) => onChange(withMapping(mappings, mapping))}
          onClose={() => setShaped(undefined)}
        />
      )}
    </Sections>
  );
}

/** What the mappings make of real values, asked once somebody rests. */
function useSettledPreview(integration: string, mappings: NewFieldMappingBody[]) {
  const [settled] = useDebouncedValue(JSON.stringify(finished(mappings)), PREVIEW_AFTER_MS);
  const items = useMemo(() => JSON.parse(settled) as NewFieldMappingBody[], [settled]);
  return useMappingsPreview(integration, items);
}

/** The fields of the sObjects that have a rule, by sObject. */
function useSources(integration: string, rules: SyncRuleBody[]): { groups: SourceGroup[]; isLoading: boolean } {
  const describes = useDescribes(
    integration,
    rules.map(({ sobject }) => sobject),
  );
  const groups = rules.map((rule, index) => {
    const fields = describes[index]?.data?.fields ?? [];
    const readable = fields.filter(({ skipped }) => skipped === null);
    return {
      group: rule.label,
      items: readable.map(({ name, label, type }) => ({
        value: sourceOf({ sobject: rule.sobject, field: name }),
        label: `${rule.label}: ${label}`,
        sobject: rule.sobject,
        field: name,
        type,
        isCopied: name === "Id" || rule.fields === null || rule.fields.includes(name),
      })),
    };
  });
  return { groups, isLoading: describes.some(({ isPending }) => isPending) };
}
