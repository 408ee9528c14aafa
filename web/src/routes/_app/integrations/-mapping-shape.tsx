import { ActionIcon, Autocomplete, Button, Checkbox, Modal, MultiSelect, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useDescribe } from "../../../api/sobjects";
import type { EntityBody, FieldMappingPreview, NewFieldMappingBody, TransformBody } from "../../../api/types";
import { MappingSamples } from "../../../components/mapping-values";
import { Segments } from "../../../components/segments";
import { sourceOf, wholeTransform } from "../../../lib/mappings";
import classes from "./-mapping-shape.module.css";

/** As many fallbacks as the server takes. */
const MOST_FALLBACKS = 5;

interface MappingShapeProps {
  integration: string;
  property: EntityBody["properties"][number];
  mapping: NewFieldMappingBody;
  preview: FieldMappingPreview | undefined;
  onChange: (mapping: NewFieldMappingBody) => void;
  onClose: () => void;
}

/** What becomes of the values of one mapping, in the order in which it happens, and real values before and after. */
export function MappingShape({ integration, property, mapping, preview, onChange, onClose }: MappingShapeProps) {
  const describe = useDescribe(integration, mapping.sobject);
  const transform = wholeTransform(mapping.transform);
  const fields = (describe.data?.fields ?? []).filter(
    ({ name, skipped }) => skipped === null && name !== mapping.field,
  );
  const picklist = describe.data?.fields.find(({ name }) => name === mapping.field)?.picklist ?? [];
  const change = (part: Partial<TransformBody>) => onChange({ ...mapping, transform: { ...transform, ...part } });
  return (
    <Modal opened onClose={onClose} size="lg" title={`Shape the values of ${property.label}`}>
      <div className={classes.steps}>
        <section aria-label="Real values" className={classes.samples}>
          <h3 className={classes.heading}>Real values</h3>
          {preview ? (
            <MappingSamples preview={preview} fields={[mapping.field, ...transform.fallbacks]} />
          ) : (
            <p className="quiet">Looking at some records…</p>
          )}
        </section>
        <MultiSelect
          label={`If ${sourceOf(mapping)} is empty, take the first of`}
          description="Fields of the same record, asked in this order."
          placeholder={transform.fallbacks.length === 0 ? "No other field" : undefined}
          searchable
          limit={200}
          maxValues={MOST_FALLBACKS}
          value={transform.fallbacks}
          data={fields.map(({ name, label }) => ({ value: name, label: `${label} (${name})` }))}
          onChange={(fallbacks) => change({ fallbacks })}
        />
        <div className={classes.switches}>
          <Checkbox
            label="Trim"
            description="Takes blanks off both ends; several within become one."
            checked={transform.trim}
            onChange={(event) => change({ trim: event.currentTarget.checked })}
          />
          <Checkbox
            label="Lower case"
            description="Writes everything small, so that addresses compare."
            checked={transform.lower}
            onChange={(event) => change({ lower: event.currentTarget.checked })}
          />
        </div>
        <ValueList transform={transform} picklist={picklist.map(({ value }) => value)} onChange={change} />
        <TextInput
          label="Default"
          description="What the property gets where it would be empty."
          placeholder="Stays empty"
          maxLength={255}
          value={transform.default ?? ""}
          onChange={(event) => change({ default: event.currentTarget.value === "" ? null : event.currentTarget.value })}
        />
      </div>
      <div className={classes.foot}>
        <Button onClick={onClose}>Done</Button>
      </div>
    </Modal>
  );
}

interface ValueListProps {
  transform: Required<TransformBody>;
  /** Values that the field may have. */
  picklist: string[];
  onChange: (part: Partial<TransformBody>) => void;
}

function ValueList({ transform, picklist, onChange }: ValueListProps) {
  const { values, others } = transform;
  const replace = (index: number, part: { from?: string; to?: string }) =>
    onChange({ values: values.map((pair, at) => (at === index ? { ...pair, ...part } : pair)) });
  const open = picklist.filter((value) => !values.some(({ from }) => from === value));
  return (
    <fieldset className={classes.list}>
      <legend>Map values</legend>
      {values.map((pair, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a value is known by its place alone while it is typed.
        <div key={index} className={classes.pair}>
          <Autocomplete
            aria-label={`Value ${index + 1} in Salesforce`}
            placeholder="In Salesforce"
            maxLength={255}
            data={[...new Set([...open, ...(picklist.includes(pair.from) ? [pair.from] : [])])]}
            value={pair.from}
            onChange={(from) => replace(index, { from })}
          />
          <span aria-hidden>→</span>
          <TextInput
            aria-label={`Value ${index + 1} of the property`}
            placeholder="Becomes"
            maxLength={255}
            value={pair.to}
            onChange={(event) => replace(index, { to: event.currentTarget.value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={`Remove value ${index + 1}`}
            onClick={() => onChange({ values: values.filter((_, at) => at !== index) })}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      <div className={classes.tools}>
        <Button
          size="xs"
          variant="subtle"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange({ values: [...values, { from: "", to: "" }] })}
        >
          Add a value
        </Button>
        {open.length > 0 && (
          <Button
            size="xs"
            variant="subtle"
            onClick={() => onChange({ values: [...values, ...open.map((value) => ({ from: value, to: value }))] })}
          >
            Add all values of the picklist
          </Button>
        )}
        {values.length > 0 && (
          <Segments
            label="Values that are not in the list"
            value={others}
            onChange={(next) => onChange({ others: next })}
            choices={[
              { value: "keep", label: "Others stay" },
              { value: "leave_empty", label: "Others become empty" },
            ]}
          />
        )}
      </div>
    </fieldset>
  );
}
