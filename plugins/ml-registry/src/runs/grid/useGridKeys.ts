import {
  useCallback,
  useEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type RefObject,
} from 'react';

/** The cell that holds the grid's one tab stop; row 0 is the head. */
export type ActiveCell = { row: number; column: number };

/**
 * Moves the focus of a grid by arrow keys, Home, End, Page Up and Page Down; with Ctrl to the corners. One cell is a tab
 * stop. Enter does what the cell's own link, button or checkbox does.
 */
export function useGridKeys(options: {
  rowCount: number;
  columnCount: number;
  /** Brings a row into view, so that its cells exist. */
  reveal: (row: number) => void;
  box: RefObject<HTMLElement | null>;
}) {
  const { rowCount, columnCount, reveal, box } = options;
  const [active, setActive] = useState<ActiveCell>({ row: 0, column: 0 });
  const wanted = useRef(false);

  useEffect(() => {
    if (!wanted.current) return undefined;
    wanted.current = false;
    const focus = () =>
      box.current
        ?.querySelector<HTMLElement>(
          `[data-cell="${active.row}-${active.column}"]`,
        )
        ?.focus();
    focus();
    // A row that was out of view exists only after the next frame.
    const frame = requestAnimationFrame(focus);
    return () => cancelAnimationFrame(frame);
  }, [active, box]);

  const onKeyDown = useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      const target = event.target;
      if (!(target instanceof HTMLElement) || !target.dataset.cell) return;
      const [row, column] = target.dataset.cell.split('-').map(Number);
      const far = event.ctrlKey || event.metaKey;
      const steps: Record<string, ActiveCell> = {
        ArrowDown: { row: row + 1, column },
        ArrowUp: { row: row - 1, column },
        ArrowRight: { row, column: column + 1 },
        ArrowLeft: { row, column: column - 1 },
        PageDown: { row: row + 15, column },
        PageUp: { row: row - 15, column },
        Home: { row: far ? 1 : row, column: 0 },
        End: { row: far ? rowCount : row, column: columnCount - 1 },
      };
      if (event.key === 'Enter' || event.key === ' ') {
        const own = target.querySelector<HTMLElement>('a, button, input');
        if (!own) return;
        event.preventDefault();
        own.click();
        return;
      }
      const step = Object.hasOwn(steps, event.key)
        ? steps[event.key]
        : undefined;
      if (!step) return;
      event.preventDefault();
      const next = {
        row: Math.max(0, Math.min(rowCount, step.row)),
        column: Math.max(0, Math.min(columnCount - 1, step.column)),
      };
      wanted.current = true;
      if (next.row > 0) reveal(next.row - 1);
      setActive(next);
    },
    [columnCount, reveal, rowCount],
  );

  return { active, setActive, onKeyDown };
}
