import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./table.module.css";

interface TableProps {
  label: string;
  /** Keeps the first column in sight while the rest scrolls. */
  sticky?: boolean;
  /** Rows of two lines. */
  tall?: boolean;
  children: ReactNode;
}

/** A dense table that scrolls inside its card. */
export function Table({ label, sticky, tall, children }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/useSemanticElements: a table is no fieldset; the group only names what scrolls.
    <div className={classes.scroll} role="group" tabIndex={0} aria-label={label}>
      <table className={`${classes.table} ${sticky ? classes.sticky : ""} ${tall ? classes.two : ""}`}>
        {children}
      </table>
    </div>
  );
}

/** A table's shape while its rows are on the way. */
export function TableSkeleton({ columns, rows = 5 }: { columns: string[]; rows?: number }) {
  return (
    <Table label="Loading">
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody aria-busy>
        {Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a skeleton have no identity.
          <tr key={row}>
            {columns.map((column, index) => (
              <td key={column}>
                <Skeleton height={12} width={index === 0 ? 140 : 60 + ((row * 17 + index * 29) % 50)} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** A cell without a value. */
export function Dash() {
  return (
    <span className="quiet" role="img" aria-label="nothing">
      –
    </span>
  );
}
