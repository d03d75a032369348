import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { RiArrowDownLine, RiArrowUpLine } from '@remixicon/react';
import {
  columnWidth,
  isAttribute,
  isSortable,
  splitColumn,
} from '../domain/columns';
import { mlRegistryTranslationRef } from '../../shared/translation';
import styles from './RunsGrid.module.css';
import { fixedWidths } from './gridSizes';

/** The head of the grid: names of the columns, and the order. */
export function GridHead(props: {
  width: number;
  columns: readonly string[];
  grouped: boolean;
  sort: string;
  direction: 'asc' | 'desc';
  onSort: (column: string, direction: 'asc' | 'desc') => void;
  activeColumn: number | undefined;
}) {
  const { width, columns, sort, direction, onSort, activeColumn } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const label = (column: string) =>
    isAttribute(column)
      ? t(`runTable.column.${column}`)
      : splitColumn(column).name;
  const cell = (column: number) => ({
    'data-cell': `0-${column}`,
    'aria-colindex': column + 1,
    tabIndex: activeColumn === column ? 0 : -1,
  });
  const words = { asc: 'ascending', desc: 'descending' } as const;
  const sorted = (column: string) =>
    sort === column ? words[direction] : undefined;
  // A second press turns the order round; names begin at A, numbers with the greatest.
  const nextDirection = (column: string) => {
    if (sort === column) return direction === 'asc' ? 'desc' : 'asc';
    return column === 'name' ? 'asc' : 'desc';
  };
  const button = (column: string, text: string) => (
    <button
      type="button"
      tabIndex={-1}
      className={styles.button}
      onClick={() => onSort(column, nextDirection(column))}
    >
      <span style={{ overflow: 'hidden', textOverflow: 'ellipsis' }}>
        {text}
      </span>
      {sort === column &&
        (direction === 'asc' ? (
          <RiArrowUpLine size={14} aria-hidden />
        ) : (
          <RiArrowDownLine size={14} aria-hidden />
        ))}
    </button>
  );
  const small = ['choose', 'pin', 'hide'] as const;
  let left = 0;
  return (
    <div role="row" aria-rowindex={1} className={styles.head} style={{ width }}>
      {small.map((what, index) => {
        const at = left;
        left += fixedWidths[index];
        return (
          <div
            key={what}
            role="columnheader"
            {...cell(index)}
            aria-label={t(`runTable.${what}`)}
            className={`${styles.cell} ${styles.fixed}`}
            style={{ left: at, width: fixedWidths[index] }}
          />
        );
      })}
      <div
        role="columnheader"
        {...cell(3)}
        aria-sort={sorted('name')}
        className={`${styles.cell} ${styles.fixed} ${styles.name}`}
        style={{ left, width: fixedWidths[3] }}
      >
        {button('name', t('runs.run'))}
      </div>
      {columns.map((column, index) => (
        <div
          key={column}
          role="columnheader"
          {...cell(index + 4)}
          aria-sort={sorted(column)}
          title={column}
          className={`${styles.cell} ${
            column.startsWith('metrics.') ? styles.number : ''
          }`}
          style={{ width: columnWidth(column, props.grouped) }}
        >
          {isSortable(column) ? button(column, label(column)) : label(column)}
        </div>
      ))}
    </div>
  );
}
