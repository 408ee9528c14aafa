import { useLocalStorage } from "@mantine/hooks";
import type { NewFieldMappingBody } from "../api/types";

/** Mappings chosen but not saved yet. They stay in this browser until the last step saves them, which starts the first sync. */
export function useMappingDraft(integration: string) {
  const [draft, setDraft, clearDraft] = useLocalStorage<NewFieldMappingBody[] | null>({
    key: `towpath-mappings-${integration}`,
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  return { draft, setDraft, clearDraft };
}
