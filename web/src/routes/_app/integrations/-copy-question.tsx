import { Button, Modal } from "@mantine/core";
import { useRef } from "react";
import { RuleDraftPreview } from "./-rule-draft";

/** An sObject that may be copied. */
export interface Copyable {
  name: string;
  label: string;
}

/** The rule that copies everything of an sObject. */
export function everythingOf(sobject: string) {
  return { sobject, filter: null, fields: null };
}

interface CopyQuestionProps {
  integration: string;
  /** What is asked about; nothing while nothing is. */
  sobject: Copyable | undefined;
  onClose: () => void;
  onCopy: (sobject: Copyable) => void;
}

/** Asks before an sObject is copied by an integration that is synced: what is read, and what it costs. */
export function CopyQuestion({ integration, sobject, onClose, onCopy }: CopyQuestionProps) {
  // What is asked about stays while its question goes away.
  const last = useRef(sobject);
  if (sobject) last.current = sobject;
  const asked = last.current;
  return (
    <Modal size="lg" opened={sobject !== undefined} onClose={onClose} title={`Copy ${asked?.label}?`}>
      {asked && (
        <>
          <p style={{ marginTop: 0 }}>
            All its records are copied, with all fields. A filter and a choice of fields can be set afterwards.
          </p>
          <RuleDraftPreview integration={integration} draft={everythingOf(asked.name)} />
          <div style={{ display: "flex", flexWrap: "wrap", gap: 8, marginTop: 16 }}>
            <Button
              onClick={() => {
                onCopy(asked);
                onClose();
              }}
            >
              Copy {asked.label}
            </Button>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
          </div>
        </>
      )}
    </Modal>
  );
}
