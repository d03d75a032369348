import type { Call } from '@downstage/node';
import type { RunDataset } from './stores/RunStore';
import type { ContentReads } from '../access/ContentReads';

/** On an input whose content the caller may not read: why, and whom to ask. */
export const WITHHELD_TAG = 'downstage.withheld';

/**
 * Runs as the caller may see them: of inputs that are guarded, the schema, the profile and the source are left out, and
 * a tag says why. That there was such an input stays visible.
 */
export async function withheldInputs<
  T extends { runId: string; datasets: RunDataset[] },
>(runs: T[], content: ContentReads, call: Call): Promise<T[]> {
  const asked = runs.filter(({ datasets }) => datasets.length);
  if (!asked.length) return runs;
  const hidden = await content.hiddenInputs(
    asked.map(({ runId }) => runId),
    call,
  );
  if (!hidden.size) return runs;
  return runs.map(run => {
    const why = hidden.get(run.runId);
    if (why === undefined) return run;
    const datasets = run.datasets.map(
      ({ name, digest, sourceType, tags }): RunDataset => ({
        name,
        digest,
        sourceType,
        // MLflow's clients want one.
        source: '{}',
        tags: { ...tags, [WITHHELD_TAG]: why },
      }),
    );
    return { ...run, datasets };
  });
}
