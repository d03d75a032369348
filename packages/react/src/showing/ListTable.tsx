import type { ReactNode } from 'react';
import styles from './ListTable.module.css';

/** What a list says of each of its items. */
export type ListColumn<T> = {
  id: string;
  label: string;
  /** Whether it names the row. */
  isRowHeader?: boolean;
  /** How wide it is beside the others, which have 1. */
  share?: number;
  cell: (item: T) => ReactNode;
};

/**
 * A page of a list as a plain table that looks like the one of `@backstage/ui`.
 *
 * @remarks
 * For rows that are read and hold links. It is drawn in one pass, where the table of `@backstage/ui` takes three: one to
 * collect its rows, one to draw them, one when it has measured its columns. That one has what this has not: the order,
 * the choice of rows, and the arrow keys.
 *
 * @example
 * ```tsx
 * <ListTable label="Versions" columns={columns} items={versions} keyOf={({ ref }) => ref} />
 * ```
 */
export function ListTable<T>(props: {
  label: string;
  columns: readonly ListColumn<T>[];
  items: readonly T[];
  keyOf: (item: T) => string;
}) {
  const { label, columns, items, keyOf } = props;
  const all = columns.reduce((sum, { share = 1 }) => sum + share, 0);
  return (
    <table aria-label={label} className={styles.table}>
      <colgroup>
        {columns.map(({ id, share = 1 }) => (
          <col key={id} style={{ width: `${(share / all) * 100}%` }} />
        ))}
      </colgroup>
      <thead>
        <tr>
          {columns.map(column => (
            <th key={column.id} scope="col" className={styles.head}>
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map(item => (
          <tr key={keyOf(item)}>
            {columns.map(({ id, isRowHeader, cell }) =>
              isRowHeader ? (
                <th key={id} scope="row" className={styles.cell}>
                  {cell(item)}
                </th>
              ) : (
                <td key={id} className={styles.cell}>
                  {cell(item)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
