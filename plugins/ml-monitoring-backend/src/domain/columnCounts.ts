/** What was counted of one column in a window, over the bins of its baseline. */
export type ColumnCounts =
  | {
      state: 'counted';
      /** One entry a bin, in the order of the baseline's counts. */
      counts: number[];
      nulls: number;
      /** ±Infinity; they are in the outer bins as well. */
      infinite: number;
      /** Values below the least and above the greatest of the baseline. */
      below: number;
      above: number;
      /** Values the baseline never saw, the most frequent first; empty for numeric columns. */
      unseen: { value: string; count: number }[];
    }
  | { state: 'missing' }
  | { state: 'type-changed'; found: string };
