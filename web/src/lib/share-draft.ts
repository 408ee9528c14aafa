import { useLocalStorage } from "@mantine/hooks";

/** Groups chosen but not saved yet, and the version that they were chosen on. */
export interface ShareDraft {
  /** The group that owns it; null for the whole workspace. */
  group_id: string | null;
  groups: string[];
  seen?: string;
}

/** Who shall have access. It stays in this browser until the review saves it, and nobody gains or loses access before. */
export function useShareDraft(integration: string) {
  const [shareDraft, setShareDraft, clearShareDraft] = useLocalStorage<ShareDraft | null>({
    key: `towpath-shares-${integration}`,
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  return { shareDraft, setShareDraft, clearShareDraft };
}
