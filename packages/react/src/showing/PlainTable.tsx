import type { CSSProperties, ReactNode } from 'react';
import { Text } from '@backstage/ui';
import { Wide } from './Wide';

const cell: CSSProperties = {
  padding: '6px 12px 6px 0',
  textAlign: 'left',
  verticalAlign: 'top',
  borderBottom: '1px solid var(--bui-border-2)',
  fontSize: 14,
  // Unlike 'anywhere', this leaves a column as wide as its longest word; the table scrolls when it must.
  overflowWrap: 'break-word',
};

/** A small table of facts. For lists that are sorted, paged or chosen from there is the table of `@backstage/ui`. */
export function PlainTable(props: {
  caption: string;
  columns: ReactNode[];
  rows: Array<{ key: string; cells: ReactNode[] }>;
  /** Said instead of the table when there is nothing. */
  empty?: string;
}) {
  const { caption, columns, rows, empty } = props;
  if (rows.length === 0 && empty) return <Text color="secondary">{empty}</Text>;
  return (
    <Wide width="min-content">
      <table
        aria-label={caption}
        style={{ width: '100%', borderCollapse: 'collapse' }}
      >
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th
                key={index}
                scope="col"
                style={{ ...cell, color: 'var(--bui-fg-secondary)' }}
              >
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.key}>
              {row.cells.map((content, index) =>
                index === 0 ? (
                  <th
                    key={index}
                    scope="row"
                    style={{ ...cell, fontWeight: 'normal' }}
                  >
                    {content}
                  </th>
                ) : (
                  <td key={index} style={cell}>
                    {content}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}
