import { UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { KeyboardEvent } from "react";
import type { RecordColumn, RecordRow } from "../api/types";
import { columnKind, type Sort } from "../lib/record-filter";
import { goneWords } from "../lib/status";
import { CellValue } from "./field-value";
import classes from "./record-table.module.css";
import { StateLabel } from "./state-label";
import { Table } from "./table";

interface RecordTableProps {
  label: string;
  columns: RecordColumn[];
  rows: RecordRow[];
  sort?: Sort;
  /** Shown while the next answer is on the way. */
  isOld: boolean;
  /** The record that is open beside it. */
  selected?: string;
  onSort: (field: string) => void;
  onOpen: (record: string) => void;
}

/** A page of records. A row opens with a click; j, k and the arrows move, Enter opens. */
export function RecordTable({ label, columns, rows, sort, isOld, selected, onSort, onOpen }: RecordTableProps) {
  const showsGone = rows.some(({ gone_at }) => gone_at !== null);
  return (
    <div className={`${classes.table} ${isOld ? classes.old : ""}`} aria-busy={isOld}>
      <Table label={label} sticky>
        <thead>
          <tr>
            {columns.map((column) => (
              <Header key={column.name} column={column} sort={sort} onSort={onSort} />
            ))}
            {showsGone && <th scope="col">Gone</th>}
          </tr>
        </thead>
        <tbody onKeyDown={moveFocus}>
          {rows.map((row) => (
            <Row
              key={row.id}
              row={row}
              columns={columns}
              showsGone={showsGone}
              isSelected={row.id === selected}
              onOpen={onOpen}
            />
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function Header({ column, sort, onSort }: { column: RecordColumn; sort?: Sort; onSort: (field: string) => void }) {
  const isSorted = sort?.field === column.name;
  const direction = isSorted ? (sort.descending ? "descending" : "ascending") : undefined;
  return (
    <th scope="col" className={columnKind(column.type) === "number" ? "number" : undefined} aria-sort={direction}>
      <UnstyledButton className={classes.sort} onClick={() => onSort(column.name)} title={column.name}>
        {column.label}
        {direction === "ascending" && <IconArrowUp size={14} aria-hidden />}
        {direction === "descending" && <IconArrowDown size={14} aria-hidden />}
      </UnstyledButton>
    </th>
  );
}

interface RowProps {
  row: RecordRow;
  columns: RecordColumn[];
  showsGone: boolean;
  isSelected: boolean;
  onOpen: (record: string) => void;
}

function Row({ row, columns, showsGone, isSelected, onOpen }: RowProps) {
  return (
    // The first cell holds a real button; the click on the row is a shortcut for the mouse.
    <tr
      className={`${classes.row} ${row.gone_at ? classes.gone : ""}`}
      data-selected={isSelected || undefined}
      onClick={() => onOpen(row.id)}
    >
      {columns.map((column, index) => (
        <td key={column.name} className={columnKind(column.type) === "number" ? "number" : undefined}>
          {index === 0 ? (
            <UnstyledButton className={classes.open} data-row onClick={() => onOpen(row.id)}>
              <CellValue value={row.values[column.name] ?? row.id} type={column.type} />
            </UnstyledButton>
          ) : (
            <CellValue value={row.values[column.name]} type={column.type} />
          )}
        </td>
      ))}
      {showsGone && (
        <td>{row.gone_at && <StateLabel plain state={{ word: goneWords(row.gone_why), tone: "quiet" }} />}</td>
      )}
    </tr>
  );
}

const steps: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

function moveFocus(event: KeyboardEvent<HTMLTableSectionElement>) {
  const step = steps[event.key];
  if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
  const next = rows[rows.indexOf(event.target as HTMLElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
