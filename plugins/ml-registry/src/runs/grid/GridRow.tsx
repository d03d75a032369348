import { memo, type ReactNode } from 'react';
import { formatDuration, formatNumber } from '@downstage/react';
import {
  RiArrowDownSLine,
  RiArrowRightSLine,
  RiEyeLine,
  RiEyeOffLine,
  RiPushpin2Fill,
  RiPushpin2Line,
} from '@remixicon/react';
import { Link } from 'react-router-dom';
import type { Aggregate, Line } from '../domain/arrangeRuns';
import { columnWidth, splitColumn } from '../domain/columns';
import { paths } from '../../shared/paths';
import { namedLabel, type RowLabels } from './rowLabels';
import { RunCell } from './RunCell';
import styles from './RunsGrid.module.css';
import { fixedWidths } from './gridSizes';

/** What can be done with a row. The same functions for all rows, so that rows that did not change stay as they are. */
export type RowCalls = {
  choose: (runIds: readonly string[], isChosen: boolean) => void;
  pin: (runId: string) => void;
  hide: (runId: string) => void;
  toggle: (id: string) => void;
};

type RowProps = {
  line: Line;
  index: number;
  top: number;
  width: number;
  columns: readonly string[];
  grouped: boolean;
  isChosen: boolean;
  isHidden: boolean;
  activeColumn: number | undefined;
  calls: RowCalls;
  labels: RowLabels;
};

/** One line of the grid: a run, or the head of a group. */
export const GridRow = memo(function Row(props: RowProps) {
  const { line, index, top, width, columns, isChosen, activeColumn } = props;
  const { labels } = props;
  const cell = (column: number) => ({
    role: column === 3 ? 'rowheader' : 'gridcell',
    'data-cell': `${index + 1}-${column}`,
    'aria-colindex': column + 1,
    tabIndex: activeColumn === column ? 0 : -1,
  });
  const left = fixedWidths.map((_, at) =>
    fixedWidths.slice(0, at).reduce((sum, each) => sum + each, 0),
  );
  const fixed = (column: number) => ({
    ...cell(column),
    className: `${styles.cell} ${styles.fixed} ${
      column === 3 ? styles.name : ''
    }`,
    style: {
      left: left[column],
      width: fixedWidths[column],
      ...(column < 3 && { padding: '0 8px' }),
    },
  });
  const isRun = line.kind === 'run';
  const name = isRun ? line.row.name : line.group.value ?? labels.none;
  const { calls } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isRun ? isChosen : undefined}
      aria-level={isRun ? line.depth + 1 : 1}
      aria-expanded={!isRun || line.children > 0 ? line.expanded : undefined}
      className={`${styles.row} ${isRun ? '' : styles.group} ${
        isChosen ? styles.chosen : ''
      }`}
      style={{ width, transform: `translateY(${top}px)` }}
    >
      <div {...fixed(0)}>
        <input
          type="checkbox"
          tabIndex={-1}
          checked={isChosen}
          aria-label={namedLabel(labels.choose, name)}
          onChange={event =>
            calls.choose(
              isRun ? [line.row.runId] : line.group.runIds,
              event.target.checked,
            )
          }
        />
      </div>
      <div {...fixed(1)}>
        {isRun && (
          <button
            type="button"
            tabIndex={-1}
            className={`${styles.button} ${line.pinned ? '' : styles.faint}`}
            aria-pressed={line.pinned}
            aria-label={namedLabel(labels.pin, name)}
            onClick={() => calls.pin(line.row.runId)}
          >
            {line.pinned ? (
              <RiPushpin2Fill size={15} aria-hidden />
            ) : (
              <RiPushpin2Line size={15} aria-hidden />
            )}
          </button>
        )}
      </div>
      <div {...fixed(2)}>
        {isRun && (
          <button
            type="button"
            tabIndex={-1}
            className={`${styles.button} ${styles.faint}`}
            aria-pressed={props.isHidden}
            aria-label={namedLabel(labels.hide, name)}
            onClick={() => calls.hide(line.row.runId)}
          >
            {props.isHidden ? (
              <RiEyeOffLine size={15} aria-hidden />
            ) : (
              <RiEyeLine size={15} aria-hidden />
            )}
          </button>
        )}
      </div>
      <div {...fixed(3)}>
        <Name line={line} name={name} labels={labels} onToggle={calls.toggle} />
      </div>
      {columns.map((column, at) => {
        const isNumber = column.startsWith('metrics.');
        return (
          <div
            key={column}
            {...cell(at + 4)}
            className={`${styles.cell} ${isNumber ? styles.number : ''}`}
            style={{ width: columnWidth(column, props.grouped) }}
          >
            {isRun ? (
              <RunCell row={line.row} column={column} />
            ) : (
              <AggregateCell
                value={line.group.aggregates[column]}
                isDuration={column === 'duration'}
              />
            )}
          </div>
        );
      })}
    </div>
  );
});

function Name(props: {
  line: Line;
  name: string;
  labels: RowLabels;
  onToggle: (id: string) => void;
}) {
  const { line, name, labels, onToggle } = props;
  const isGroup = line.kind === 'group';
  const canOpen = isGroup || line.children > 0;
  const Icon = line.expanded ? RiArrowDownSLine : RiArrowRightSLine;
  const toggle = (content: ReactNode) => (
    <button
      type="button"
      tabIndex={-1}
      className={styles.button}
      aria-label={namedLabel(line.expanded ? labels.fold : labels.unfold, name)}
      onClick={() => onToggle(line.id)}
    >
      {content}
    </button>
  );
  if (isGroup) {
    const { key, count } = line.group;
    const label = key.includes('.') ? splitColumn(key).name : key;
    return toggle(
      <>
        <Icon size={16} aria-hidden />
        {label} = {name} · {labels.runs(count)}
      </>,
    );
  }
  return (
    <span style={{ paddingLeft: line.depth * 18 }}>
      <Link
        className={styles.link}
        to={paths.run(line.row.runId)}
        tabIndex={-1}
      >
        {name}
      </Link>{' '}
      {canOpen &&
        toggle(
          <>
            <Icon size={16} aria-hidden />
            {line.children}
          </>,
        )}
    </span>
  );
}

/** The mean, with the least and the greatest. */
function AggregateCell(props: {
  value: Aggregate | undefined;
  isDuration: boolean;
}) {
  const { value, isDuration } = props;
  if (!value) return null;
  const show = isDuration ? formatDuration : formatNumber;
  const text = `${show(value.mean)} (${show(value.min)}–${show(value.max)})`;
  return <span title={text}>{text}</span>;
}
