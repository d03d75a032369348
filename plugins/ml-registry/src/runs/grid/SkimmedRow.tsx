import { memo, useEffect, useRef } from 'react';
import type { Line } from '../domain/arrangeRuns';
import styles from './RunsGrid.module.css';
import { fixedWidths } from './gridSizes';

/** Rows that go by faster than a window at a time are not read. */
const FAST = 600;

/** A row while somebody drags through thousands: its name alone, because the whole row is gone before it is drawn. */
export const SkimmedRow = memo(function Name(props: {
  line: Line;
  index: number;
  top: number;
  width: number;
}) {
  const { line, index, top, width } = props;
  const [choose, pin, hide, name] = fixedWidths;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={styles.row}
      style={{ width, transform: `translateY(${top}px)` }}
    >
      <div
        role="rowheader"
        className={styles.cell}
        style={{ marginLeft: choose + pin + hide, width: name }}
      >
        {line.kind === 'run' ? line.row.name : line.group.value}
      </div>
    </div>
  );
});

/** Whether the window moved so far since it was last drawn that nothing of it was seen, and still moves. */
export function useIsSkimming(offset: number, isScrolling: boolean): boolean {
  const before = useRef(offset);
  const isSkimming = isScrolling && Math.abs(offset - before.current) > FAST;
  useEffect(() => {
    before.current = offset;
  }, [offset]);
  return isSkimming;
}
