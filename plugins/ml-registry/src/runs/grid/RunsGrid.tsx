import { useCallback, useEffect, useRef } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { Line } from '../domain/arrangeRuns';
import { columnWidth } from '../domain/columns';
import { mlRegistryTranslationRef } from '../../shared/translation';
import { GridHead } from './GridHead';
import { GridRow, type RowCalls } from './GridRow';
import { SkimmedRow, useIsSkimming } from './SkimmedRow';
import { fixedWidths, HEAD_HEIGHT, ROW_HEIGHT } from './gridSizes';
import { useRowLabels } from './rowLabels';
import styles from './RunsGrid.module.css';
import { useGridKeys } from './useGridKeys';

/**
 * Runs as a grid of which only what is in view exists, however many there are. One cell is a tab stop; the arrow keys
 * move it.
 */
export function RunsGrid(props: {
  lines: readonly Line[];
  /** Rows there are in all, those not loaded yet included. */
  total: number;
  columns: readonly string[];
  sort: string;
  direction: 'asc' | 'desc';
  onSort: (column: string, direction: 'asc' | 'desc') => void;
  chosen: ReadonlySet<string>;
  hidden: ReadonlySet<string>;
  calls: RowCalls;
}) {
  const { lines, columns, chosen, hidden, calls } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    scrollPaddingStart: HEAD_HEIGHT,
    getItemKey: index => lines[index].id,
  });
  const reveal = useCallback(
    (row: number) => virtualizer.scrollToIndex(row),
    [virtualizer],
  );
  const columnCount = fixedWidths.length + columns.length;
  const { active, setActive, onKeyDown } = useGridKeys({
    rowCount: lines.length,
    columnCount,
    reveal,
    box,
  });
  const isSkimming = useIsSkimming(
    virtualizer.scrollOffset ?? 0,
    virtualizer.isScrolling,
  );
  const labels = useRowLabels();
  const { sort, direction } = props;
  // Rows in another order are read from their top.
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
  }, [sort, direction]);
  const items = virtualizer.getVirtualItems();
  const isActiveShown =
    active.row === 0 || items.some(item => item.index + 1 === active.row);
  // Where the active row is out of view, the head takes the tab stop.
  const fallback = isActiveShown ? undefined : fixedWidths.length - 1;
  const headColumn = active.row === 0 ? active.column : fallback;
  const grouped = lines.some(line => line.kind === 'group');
  const width =
    fixedWidths.reduce((sum, each) => sum + each, 0) +
    columns.reduce((sum, column) => sum + columnWidth(column, grouped), 0);
  const height = Math.min(
    Math.max(lines.length, 3) * ROW_HEIGHT + HEAD_HEIGHT + 18,
    640,
  );
  return (
    <div
      ref={box}
      className={styles.grid}
      style={{ height }}
      role="grid"
      // Its cells hold the focus; the box itself only hears the keys.
      tabIndex={-1}
      aria-label={t('runs.table')}
      aria-rowcount={Math.max(props.total, lines.length) + 1}
      aria-colcount={columnCount}
      aria-multiselectable
      onKeyDown={onKeyDown}
      onFocus={event => {
        const { cell } = event.target.dataset;
        if (!cell) return;
        const [row, column] = cell.split('-').map(Number);
        if (row !== active.row || column !== active.column) {
          setActive({ row, column });
        }
      }}
    >
      <GridHead
        width={width}
        columns={columns}
        grouped={grouped}
        sort={props.sort}
        direction={props.direction}
        onSort={props.onSort}
        activeColumn={headColumn}
      />
      <div
        role="rowgroup"
        style={{
          position: 'relative',
          width,
          height: virtualizer.getTotalSize(),
        }}
      >
        {items.map(item => {
          const line = lines[item.index];
          if (isSkimming) {
            return (
              <SkimmedRow
                key={item.key}
                line={line}
                index={item.index}
                top={item.start}
                width={width}
              />
            );
          }
          return (
            <GridRow
              key={item.key}
              line={line}
              index={item.index}
              top={item.start}
              width={width}
              columns={columns}
              grouped={grouped}
              isChosen={line.kind === 'run' && chosen.has(line.row.runId)}
              isHidden={line.kind === 'run' && hidden.has(line.row.runId)}
              activeColumn={
                active.row === item.index + 1 ? active.column : undefined
              }
              calls={calls}
              labels={labels}
            />
          );
        })}
      </div>
    </div>
  );
}
