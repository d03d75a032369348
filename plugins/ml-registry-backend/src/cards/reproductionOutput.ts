import type { Reproduction } from '@downstage/plugin-ml-registry-common';
import type { ActionZod } from '@downstage/node';

/** The one shape in which actions answer with a reproduction. */
export function reproductionOutput(z: ActionZod) {
  return z.object({
    ref: z.string(),
    possible: z.boolean(),
    reasons: z.array(z.string()),
    command: z.string(),
    attempts: z.array(
      z.object({
        jobId: z.string(),
        runId: z.string().optional(),
        outcome: z.string(),
        metrics: z.array(
          z.object({
            metric: z.string(),
            original: z.number().optional(),
            again: z.number().optional(),
            equal: z.boolean(),
          }),
        ),
      }),
    ),
  });
}

export function toReproductionOutput(reproduction: Reproduction) {
  const { ref, possible, reasons, command, attempts } = reproduction;
  return {
    ref,
    possible,
    reasons,
    command,
    attempts: attempts.map(({ jobId, runId, outcome, metrics }) => ({
      jobId,
      runId,
      outcome,
      metrics: metrics.map(({ metric, original, again, equal }) => ({
        metric,
        original,
        again,
        equal,
      })),
    })),
  };
}
