import { ActionIcon, Button, Select, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { EntityBody, FieldMappingSuggestion, NewFieldMappingBody } from "../api/types";
import { sourceOf } from "../lib/mappings";
import { StateLabel } from "./state-label";
import { Dash, Table } from "./table";

/** Fields to choose from, under the name of their sObject. */
export interface SourceGroup {
  group: string;
  items: { value: string; label: string; sobject: string; field: string; type: string }[];
}

interface MappingTableProps {
  entity: EntityBody;
  mappings: NewFieldMappingBody[];
  suggestions: FieldMappingSuggestion[];
  sources: SourceGroup[];
  isLoading: boolean;
  onMap: (mapping: NewFieldMappingBody) => void;
  onClear: (property: string) => void;
}

/** The properties of one entity, those required and empty first, each with the field that feeds it. */
export function MappingTable({ entity, mappings, suggestions, sources, isLoading, onMap, onClear }: MappingTableProps) {
  const mappingOf = (property: string) =>
    mappings.find((mapping) => mapping.entity === entity.name && mapping.property === property);
  const properties = [...entity.properties].sort((one, other) => Number(other.required) - Number(one.required));
  return (
    <Table label={`Properties of ${entity.label}`}>
      <thead>
        <tr>
          <th scope="col">Property</th>
          <th scope="col">Type</th>
          <th scope="col" style={{ width: "45%" }}>
            Salesforce field
          </th>
          <th scope="col">Suggestion</th>
        </tr>
      </thead>
      <tbody>
        {properties.map((property) => {
          const mapping = mappingOf(property.name);
          const suggestion = suggestions.find((one) => one.entity === entity.name && one.property === property.name);
          return (
            <tr key={property.name}>
              <td>
                {property.label}{" "}
                {property.required && !mapping && <StateLabel plain state={{ word: "Required", tone: "warning" }} />}
                {property.required && mapping && <span className="quiet small">required</span>}
              </td>
              <td className="quiet mono">{property.type}</td>
              <td style={{ minWidth: 260, paddingTop: 4, paddingBottom: 4 }}>
                <SourceSelect
                  label={`Field for ${property.label}`}
                  value={mapping && sourceOf(mapping)}
                  sources={sources}
                  isLoading={isLoading}
                  onChange={({ sobject, field }) =>
                    onMap({ entity: entity.name, property: property.name, sobject, field })
                  }
                  onClear={() => onClear(property.name)}
                />
              </td>
              <td>
                {suggestion ? <Suggestion suggestion={suggestion} onAccept={() => onMap(suggestion)} /> : <Dash />}
              </td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}

interface SourceSelectProps {
  label: string;
  value: string | undefined;
  sources: SourceGroup[];
  isLoading: boolean;
  onChange: (source: { sobject: string; field: string }) => void;
  onClear: () => void;
}

function SourceSelect({ label, value, sources, isLoading, onChange, onClear }: SourceSelectProps) {
  const all = sources.flatMap(({ items }) => items);
  const isKnown = value === undefined || all.some((source) => source.value === value);
  const extra = isKnown || !value ? [] : [{ group: "Not copied any more", items: [{ value, label: value }] }];
  return (
    <div style={{ display: "flex", gap: 4 }}>
      <Select
        style={{ flex: 1 }}
        size="xs"
        aria-label={label}
        placeholder={isLoading ? "Loading fields…" : "Choose a field"}
        searchable
        limit={200}
        nothingFoundMessage="No field matches"
        allowDeselect={false}
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
              <span className="quiet mono small">
                {source?.field} {source?.type}
              </span>
            </span>
          );
        }}
        onChange={(chosen) => {
          const source = all.find((one) => one.value === chosen);
          if (source) onChange(source);
        }}
      />
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
