import { isError } from '@backstage/errors';
import { unlessAborted } from '@downstage/common';
import {
  columnDriftSchema,
  driftStatusSchema,
  signalSchema,
} from '@downstage/plugin-ml-monitoring-common';
import type {
  ConfiguredDetector,
  DetectorWindow,
  Evaluation,
} from '@downstage/plugin-ml-monitoring-node';
import { z } from 'zod';

/** What a row of `windows` may take. */
const MOST_BYTES = 16_000_000;

const answerSchema = z.object({
  status: driftStatusSchema,
  message: z.string().min(1).max(5000),
  signals: z.array(signalSchema).max(20_000),
  raised: z.array(z.string()).max(20_000),
  headline: z.string().optional(),
  columns: z.array(columnDriftSchema).optional(),
  epsilon: z.number().optional(),
});

/**
 * Asks a detector about a window, for a bounded time and an answer of bounded size.
 *
 * @remarks
 * A detector is somebody else's code. What it throws, an answer that does not fit, and silence are all an answer:
 * `unknown`, with the reason in words. One that never gives the thread back cannot be stopped here.
 */
export async function runDetector(options: {
  kind: string;
  detector: ConfiguredDetector;
  window: DetectorWindow;
  timeoutMs: number;
}): Promise<Evaluation> {
  const { kind, detector, window, timeoutMs } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await unlessAborted(
      Promise.resolve().then(() => detector.evaluate(window, { signal })),
      signal,
    );
    const bytes = Buffer.byteLength(JSON.stringify(answer) ?? '');
    if (bytes > MOST_BYTES) {
      return unknown(
        kind,
        `it answered with ${bytes} bytes, and ${MOST_BYTES} are allowed`,
      );
    }
    return answerSchema.parse(answer);
  } catch (error) {
    return unknown(
      kind,
      signal.aborted
        ? `it did not answer within ${timeoutMs / 1000} s`
        : reasonOf(error),
    );
  }
}

/** The evaluation of a window that nobody could judge. */
function unknown(kind: string, reason: string): Evaluation {
  const message = `The detector '${kind}' could not judge the window: ${reason}`;
  const words = message.slice(0, 2000);
  return {
    status: 'unknown',
    message: words,
    signals: [
      { name: kind, metric: kind, unit: '', state: 'unknown', message: words },
    ],
    raised: [],
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [{ path, message }] = error.issues;
    return `its answer does not fit at '${path.join('.')}': ${message}`;
  }
  return isError(error) ? error.message : String(error);
}
