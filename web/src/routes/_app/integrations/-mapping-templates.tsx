import { Button, Menu, Modal, Skeleton } from "@mantine/core";
import { IconTemplate } from "@tabler/icons-react";
import { useState } from "react";
import { useFilledTemplate, useMappingTemplates } from "../../../api/field-mappings";
import type { EntityBody, MappingTemplateBody, MappingTemplateItem, NewFieldMappingBody } from "../../../api/types";
import { ProblemNotice } from "../../../components/problem-notice";
import { Dash, Table } from "../../../components/table";
import { formatCount } from "../../../lib/format";
import { transformWords, withTemplate } from "../../../lib/mappings";
import { toProblem } from "../../../lib/problem";
import classes from "./-mapping-shape.module.css";

interface MappingTemplatesProps {
  integration: string;
  entities: EntityBody[];
  mappings: NewFieldMappingBody[];
  onChange: (mappings: NewFieldMappingBody[]) => void;
}

/** Lists of mappings that many teams begin with, each shown with the org's own fields before it is used. */
export function MappingTemplates({ integration, entities, mappings, onChange }: MappingTemplatesProps) {
  const templates = useMappingTemplates();
  const [shown, setShown] = useState<MappingTemplateBody>();
  return (
    <>
      <Menu position="bottom-end" width={320}>
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<IconTemplate size={16} aria-hidden />}>
            Use a template
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {(templates.data ?? []).map((template) => (
            <Menu.Item key={template.name} onClick={() => setShown(template)}>
              <span>{template.label}</span>
              <br />
              <span className="quiet small">
                {formatCount(template.properties, "property", "properties")} of {template.sobjects.join(", ")}
              </span>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {shown && (
        <TemplateDialog
          integration={integration}
          template={shown}
          entities={entities}
          mappings={mappings}
          onUse={(next) => {
            onChange(next);
            setShown(undefined);
          }}
          onClose={() => setShown(undefined)}
        />
      )}
    </>
  );
}

interface TemplateDialogProps {
  integration: string;
  template: MappingTemplateBody;
  entities: EntityBody[];
  mappings: NewFieldMappingBody[];
  onUse: (mappings: NewFieldMappingBody[]) => void;
  onClose: () => void;
}

function TemplateDialog({ integration, template, entities, mappings, onUse, onClose }: TemplateDialogProps) {
  const filled = useFilledTemplate(integration, template.name);
  const next = withTemplate(mappings, filled.data ?? []);
  const added = next.length - mappings.length;
  return (
    <Modal opened onClose={onClose} size="xl" title={template.label}>
      <p style={{ marginTop: 0 }}>{template.line} What is mapped already stays as it is.</p>
      {filled.isPending && <Skeleton height={280} />}
      {filled.isError && <ProblemNotice problem={toProblem(filled.error)} onRetry={() => filled.refetch()} />}
      {filled.data && <TemplateTable items={filled.data} entities={entities} mappings={mappings} />}
      <div className={classes.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button disabled={added === 0} onClick={() => onUse(next)}>
          {added === 0 ? "Nothing to add" : `Map ${formatCount(added, "property", "properties")}`}
        </Button>
      </div>
    </Modal>
  );
}

interface TemplateTableProps {
  items: MappingTemplateItem[];
  entities: EntityBody[];
  mappings: NewFieldMappingBody[];
}

function TemplateTable({ items, entities, mappings }: TemplateTableProps) {
  return (
    <Table label="What it maps" sticky tall>
      <thead>
        <tr>
          <th scope="col">Property</th>
          <th scope="col">Salesforce field</th>
          <th scope="col">Note</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => {
          const entity = entities.find(({ name }) => name === item.entity);
          const property = entity?.properties.find(({ name }) => name === item.property);
          return (
            <tr key={`${item.entity}.${item.property}`}>
              <td style={{ whiteSpace: "normal" }}>
                {property?.label ?? item.property} <span className="quiet small">{entity?.label}</span>
              </td>
              <td>
                {item.field ? (
                  <>
                    {item.field_label}{" "}
                    <span className="quiet mono small">
                      {item.sobject}.{item.field}
                    </span>
                  </>
                ) : (
                  <Dash />
                )}
              </td>
              <td className="quiet" style={{ whiteSpace: "normal", minWidth: 180 }}>
                {noteOf(item, mappings) || <Dash />}
              </td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}

function noteOf(item: MappingTemplateItem, mappings: NewFieldMappingBody[]): string {
  if (mappings.some(({ entity, property }) => entity === item.entity && property === item.property)) {
    return "Mapped already";
  }
  if (item.why_not) return item.why_not;
  const notes = [!item.has_rule && `${item.sobject} is not copied yet`, transformWords(item.transform)];
  return notes.filter(Boolean).join("; ");
}
