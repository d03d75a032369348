/** What is known when a monitor is looked at. */
export type WindowSnapshot = {
  now: Date;
  /** Predictions that no window with a verdict has covered yet. */
  newRows: number;
  /** When the last window was closed, whatever it said. */
  lastClosedAt?: Date;
  minRows: number;
  /** After this time a window is closed with what there is. */
  atLeastEveryMs: number;
};

export type WindowPlan = 'close' | 'wait';

/** Closes a window as soon as it has enough rows, and after a while with what there is. */
export function planWindow(snapshot: WindowSnapshot): WindowPlan {
  const { now, newRows, lastClosedAt, minRows, atLeastEveryMs } = snapshot;
  if (newRows >= minRows) return 'close';
  if (newRows === 0) return 'wait';
  if (!lastClosedAt) return 'close';
  return now.getTime() - lastClosedAt.getTime() >= atLeastEveryMs
    ? 'close'
    : 'wait';
}
