import { ActionIcon, Button, Select, Tooltip } from "@mantine/core";
import { IconAdjustments, IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { EntityBody, FieldMappingPreview, FieldMappingSuggestion, NewFieldMappingBody } from "../api/types";
import { sourceOf, transformWords, wholeTransform } from "../lib/mappings";
import classes from "./mapping-table.module.css";
import { MappingValues } from "./mapping-values";
import { StateLabel } from "./state-label";
import { Dash, Table } from "./table";

/** Fields to choose from, under the name of their sObject. */
export interface SourceGroup {
  group: string;
  items: { value: string; label: string; sobject: string; field: string; type: string; isCopied: boolean }[];
}

interface MappingTableProps {
  entity: EntityBody;
  mappings: NewFieldMappingBody[];
  suggestions: FieldMappingSuggestion[];
  previews: FieldMappingPreview[];
  sources: SourceGroup[];
  isLoading: boolean;
  onMap: (mapping: NewFieldMappingBody) => void;
  onClear: (property: string) => void;
  /** Opens what becomes of a property's values. */
  onShape: (property: string) => void;
}

/** The properties of one entity, those required first, each with the field that feeds it and what comes of real values. */
export function MappingTable({ entity, mappings, suggestions, previews, sources, ...rest }: MappingTableProps) {
  const { isLoading, onMap, onClear, onShape } = rest;
  const ofProperty = <Item extends { entity: string; property: string }>(items: Item[], property: string) =>
    items.find((item) => item.entity === entity.name && item.property === property);
  const properties = [...entity.properties].sort((one, other) => Number(other.required) - Number(one.required));
  return (
    <Table label={`Properties of ${entity.label}`} sticky tall>
      <thead>
        <tr>
          <th scope="col">Property</th>
          <th scope="col">Salesforce field</th>
          <th scope="col">Values</th>
        </tr>
      </thead>
      <tbody>
        {properties.map((property) => {
          const mapping = ofProperty(mappings, property.name);
          const suggestion = ofProperty(suggestions, property.name);
          const preview = ofProperty(previews, property.name);
          return (
            <tr key={property.name}>
              <td>
                <div className={classes.property}>
                  <PropertyName property={property} isMapped={mapping !== undefined} />
                </div>
              </td>
              <td className={classes.source}>
                <SourceSelect
                  label={`Field for ${property.label}`}
                  value={mapping && sourceOf(mapping)}
                  problem={preview?.problem?.text}
                  sources={sources}
                  isLoading={isLoading}
                  onChange={({ sobject, field }) =>
                    onMap({
                      entity: entity.name,
                      property: property.name,
                      sobject,
                      field,
                      transform: { ...wholeTransform(mapping?.transform), fallbacks: [] },
                    })
                  }
                  onClear={() => onClear(property.name)}
                  shape={
                    <Tooltip label="Shape the values">
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        size={30}
                        aria-label={`Shape the values of ${property.label}`}
                        onClick={() => onShape(property.name)}
                      >
                        <IconAdjustments size={16} aria-hidden />
                      </ActionIcon>
                    </Tooltip>
                  }
                />
              </td>
              <td className={classes.values}>
                {mapping && <MappingValues preview={preview} words={transformWords(mapping.transform)} />}
                {!mapping && suggestion && (
                  <Suggestion suggestion={suggestion} onAccept={() => onMap({ ...suggestion, transform: undefined })} />
                )}
                {!mapping && !suggestion && <Dash />}
              </td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}

function PropertyName({ property, isMapped }: { property: EntityBody["properties"][number]; isMapped: boolean }) {
  return (
    <>
      {property.label}
      {property.required && !isMapped && (
        <>
          {" "}
          <StateLabel plain state={{ word: "Required", tone: "warning" }} />
        </>
      )}
      <br />
      <span className="quiet small">
        <span className="mono">{property.type}</span>
        {property.required && isMapped && " · required"}
      </span>
    </>
  );
}

interface SourceSelectProps {
  label: string;
  value: string | undefined;
  problem: string | undefined;
  sources: SourceGroup[];
  isLoading: boolean;
  onChange: (source: { sobject: string; field: string }) => void;
  onClear: () => void;
  /** What opens the values, once there are some. */
  shape: ReactNode;
}

function SourceSelect({ label, value, problem, sources, isLoading, onChange, onClear, shape }: SourceSelectProps) {
  const all = sources.flatMap(({ items }) => items);
  const isKnown = value === undefined || all.some((source) => source.value === value);
  const extra = isKnown || !value ? [] : [{ group: "Not copied", items: [{ value, label: value }] }];
  return (
    <div style={{ display: "flex", gap: 4, alignItems: "flex-start" }}>
      <Select
        style={{ flex: 1 }}
        size="xs"
        aria-label={label}
        placeholder={isLoading ? "Loading fields…" : "Choose a field"}
        searchable
        limit={200}
        nothingFoundMessage="No field matches"
        allowDeselect={false}
        error={problem}
        value={value ?? null}
        data={[
          ...extra,
          ...sources.map(({ group, items }) => ({
            group,
            items: items.map((source) => ({ value: source.value, label: source.label })),
          })),
        ]}
        renderOption={({ option }) => {
          const source = all.find((one) => one.value === option.value);
          return (
            <span>
              {option.label}{" "}
              <span className="quiet small">
                <span className="mono">
                  {source?.field} {source?.type}
                </span>
                {source && !source.isCopied && " · not copied yet"}
              </span>
            </span>
          );
        }}
        onChange={(chosen) => {
          const source = all.find((one) => one.value === chosen);
          if (source) onChange(source);
        }}
      />
      {value && shape}
      {value && (
        <ActionIcon variant="subtle" color="gray" size={30} onClick={onClear} aria-label={`Clear: ${label}`}>
          <IconX size={16} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
}

function Suggestion({ suggestion, onAccept }: { suggestion: FieldMappingSuggestion; onAccept: () => void }) {
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 8 }}>
      <Tooltip label={suggestion.why} events={{ hover: true, focus: true, touch: true }}>
        <Button size="compact-xs" variant="light" onClick={onAccept}>
          Accept {sourceOf(suggestion)}
        </Button>
      </Tooltip>
      <span className="quiet small" style={{ fontVariantNumeric: "tabular-nums" }}>
        {suggestion.score} %
      </span>
    </span>
  );
}
