// What a column of a table is.

export interface Column<T> {
  key: string;
  /** Empty: a column of buttons. */
  label: string;
  /** What the column is sorted by. */
  value: (row: T) => string | number | boolean | null | undefined;
  /** What is written; the value itself where it is missing. */
  text?: (row: T) => string;
  href?: (row: T) => string | null;
  title?: (row: T) => string;
  right?: boolean;
  wrap?: boolean;
  /** The table's owner draws the cell. */
  special?: boolean;
}
