import { z } from 'zod';
import { createDetector } from '../createDetector';
import type { Detector } from '../detector';

/**
 * A detector in memory, for tests: it is alarmed by windows of few predictions.
 *
 * @remarks
 * It needs neither baseline nor columns. `hook` runs before each answer: a test makes it throw or hang there.
 */
export function volumeDetector(
  options: {
    kind?: string;
    hook?: (signal: AbortSignal) => Promise<void>;
  } = {},
): Detector {
  const { kind = 'volume', hook } = options;
  return createDetector({
    kind,
    title: 'Volume',
    needs: { baseline: false, columns: [], labels: false },
    settings: z.strictObject({
      least: z.number().int().min(1).max(1_000_000).default(10),
      enough: z.number().int().min(1).max(1_000_000).default(5),
    }),
    limits: ({ least, enough }) => ({
      minRows: enough,
      warning: least,
      drift: least / 2,
    }),
    async evaluate({ rows }, { settings, signal }) {
      await hook?.(signal);
      const { least, enough } = settings;
      if (rows === 0) {
        return {
          status: 'no_data',
          message: 'No predictions since the last window',
          signals: [],
          raised: [],
        };
      }
      const stateOf = () => {
        if (rows < enough) return 'insufficient_data';
        if (rows < least / 2) return 'drift';
        return rows < least ? 'warning' : 'ok';
      };
      const state = stateOf();
      const message = `${rows} predictions; at least ${least} are expected`;
      const isRaised = state === 'warning' || state === 'drift';
      return {
        status: state,
        message,
        signals: [
          {
            name: 'volume',
            metric: 'rows',
            value: rows,
            unit: 'predictions',
            thresholds: { warning: least, drift: least / 2 },
            state,
            message,
          },
        ],
        raised: isRaised ? ['volume'] : [],
        headline: 'volume',
      };
    },
  });
}
