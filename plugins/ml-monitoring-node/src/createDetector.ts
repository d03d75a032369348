import { parseRequest } from '@downstage/node';
import type { z } from 'zod';
import type {
  Detector,
  DetectorLimits,
  DetectorNeeds,
  DetectorWindow,
  Evaluation,
} from './detector';

/**
 * Makes a detector of its parts: settings are parsed once, and the rest knows their type.
 *
 * @example
 * ```ts
 * const volume = createDetector({
 *   kind: 'volume',
 *   title: 'Volume',
 *   needs: { baseline: false, columns: [], labels: false },
 *   settings: z.strictObject({ least: z.number().int().min(1).default(10) }),
 *   limits: ({ least }) => ({ minRows: 1, warning: least, drift: least / 2 }),
 *   async evaluate(window, { settings }) { return judgeVolume(window.rows, settings); },
 * });
 * ```
 */
export function createDetector<S extends Record<string, unknown>>(parts: {
  kind: string;
  title: string;
  needs: DetectorNeeds;
  settings: z.ZodType<S>;
  limits: (settings: S) => DetectorLimits;
  /** Where the settings say which columns are read. */
  columns?: (settings: S) => readonly string[] | undefined;
  evaluate: (
    window: DetectorWindow,
    options: { settings: S; signal: AbortSignal },
  ) => Promise<Evaluation>;
}): Detector {
  const { kind, title, needs, settings: schema } = parts;
  return {
    specVersion: 'v1',
    kind,
    title,
    needs,
    settings: schema,
    configure(given) {
      const settings = parseRequest('input', schema, given);
      const columns = parts.columns?.(settings);
      return {
        settings,
        limits: parts.limits(settings),
        ...(columns && { columns }),
        async evaluate(window, { signal }) {
          signal.throwIfAborted();
          return parts.evaluate(window, { settings, signal });
        },
      };
    },
  };
}
