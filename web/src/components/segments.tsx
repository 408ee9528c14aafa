import { SegmentedControl } from "@mantine/core";

interface SegmentsProps<Value extends string> {
  label: string;
  value: Value;
  choices: { value: Value; label: string }[];
  onChange: (value: Value) => void;
}

/** A choice among a few, all in sight. */
export function Segments<Value extends string>({ label, value, choices, onChange }: SegmentsProps<Value>) {
  return (
    <SegmentedControl
      size="xs"
      aria-label={label}
      value={value}
      data={choices}
      onChange={(next) => onChange(next as Value)}
    />
  );
}
