import { Button } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";

interface PagerProps {
  /** Which rows of how many. */
  words: string;
  onPrevious?: () => void;
  onNext?: () => void;
}

/** Says which rows are shown, and turns the page. */
export function Pager({ words, onPrevious, onNext }: PagerProps) {
  return (
    <div
      style={{
        display: "flex",
        alignItems: "center",
        justifyContent: "space-between",
        gap: 8,
        padding: "8px 16px",
        borderTop: "1px solid var(--line)",
      }}
    >
      <span className="quiet" style={{ fontVariantNumeric: "tabular-nums", fontSize: 13 }} role="status">
        {words}
      </span>
      <span style={{ display: "flex", gap: 8 }}>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconChevronLeft size={16} aria-hidden />}
          disabled={!onPrevious}
          onClick={onPrevious}
        >
          Previous
        </Button>
        <Button
          size="xs"
          variant="default"
          rightSection={<IconChevronRight size={16} aria-hidden />}
          disabled={!onNext}
          onClick={onNext}
        >
          Next
        </Button>
      </span>
    </div>
  );
}
