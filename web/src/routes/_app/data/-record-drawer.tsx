import { Drawer, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useRecord } from "../../../api/records";
import { ProblemNotice } from "../../../components/problem-notice";
import { RecordPanel } from "../../../components/record-panel";
import { toProblem } from "../../../lib/problem";

interface RecordDrawerProps {
  integration: string;
  sobject: string;
  /** The record to show; closed without one. */
  recordId?: string;
  onClose: () => void;
}

/** One record beside the table it was opened from. */
export function RecordDrawer({ integration, sobject, recordId, onClose }: RecordDrawerProps) {
  const record = useRecord(integration, sobject, recordId);
  const isNarrow = useMediaQuery("(max-width: 600px)");
  return (
    <Drawer
      opened={recordId !== undefined}
      onClose={onClose}
      position="right"
      size={isNarrow ? "100%" : 520}
      title={
        <span dir="auto" style={{ fontWeight: 600, fontSize: 16 }}>
          {record.data?.name ?? recordId}
        </span>
      }
      closeButtonProps={{ "aria-label": "Close the record" }}
    >
      {record.isError ? (
        <ProblemNotice problem={toProblem(record.error)} onRetry={() => record.refetch()} />
      ) : record.data ? (
        <RecordPanel record={record.data} />
      ) : (
        <div aria-busy>
          {[70, 45, 60, 52, 66, 38, 58].map((width) => (
            <Skeleton key={width} height={12} width={`${width}%`} mb={20} />
          ))}
        </div>
      )}
    </Drawer>
  );
}
