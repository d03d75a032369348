import type { z } from 'zod';
import type { ImportCursor } from './ImportStore';
import { limits } from '../kernel/validation';
import { bringOver, foreignTags, LeaveOut, type Importing } from './importing';
import type { experimentSchema } from './sourceSchemas';

/** One page of experiments. An experiment of the same name is used as it is. */
export async function importExperiments(
  work: Importing,
  cursor: ImportCursor,
): Promise<ImportCursor> {
  const page = await work.source.experiments(cursor.pageToken);
  for (const experiment of page.experiments) {
    if (work.spent()) return cursor;
    await importExperiment(work, experiment);
  }
  return page.next_page_token
    ? { phase: 'experiment', pageToken: page.next_page_token }
    : { phase: 'logged-model' };
}

async function importExperiment(
  work: Importing,
  experiment: z.output<typeof experimentSchema>,
): Promise<void> {
  const { experiments, knex, record, clock } = work;
  const { name } = experiment;
  const thing = {
    kind: 'experiment' as const,
    sourceId: experiment.experiment_id,
  };
  await bringOver(work, thing, async () => {
    if (!name.trim() || name.length > limits.experimentName) {
      throw new LeaveOut('Its name is empty or too long');
    }
    const here = await experiments.findByName(name);
    if (here) return { targetId: here.experimentId, outcome: 'known' };
    const tags = foreignTags(experiment.tags, limits.experimentTagValue);
    const targetId = await knex.transaction(async tx => {
      const id = await experiments.create(tx, {
        name,
        owner: record.owner,
        createdBy: record.createdBy,
        tags: Object.fromEntries(tags.map(tag => [tag.key, tag.value])),
        now: clock().getTime(),
      });
      if (id && experiment.lifecycle_stage === 'deleted') {
        await tx('experiments')
          .where('experiment_id', Number(id))
          .update({ lifecycle_stage: 'deleted' });
      }
      if (id) {
        // With the experiment, so that a crash leaves both or neither.
        await work.imports.saveItem(tx, record.source, {
          ...thing,
          targetId: id,
          outcome: 'added',
          importId: record.id,
        });
      }
      return id;
    });
    if (!targetId)
      throw new Error(`Somebody made experiment ${name} meanwhile`);
    return { targetId };
  });
}

/**
 * The experiments one after the other. `visit` takes a page of what is in one, and says where the next page begins. Or
 * it says that it had no time for all of this one.
 */
export async function eachExperiment(
  work: Importing,
  cursor: ImportCursor,
  options: {
    next: ImportCursor;
    visit: (
      experiment: { sourceId: string; targetId: string },
      pageToken: string | undefined,
    ) => Promise<{ next?: string } | 'spent'>;
  },
): Promise<ImportCursor> {
  const all = [
    ...(await work.imports.targets(work.record.source, 'experiment')),
  ];
  const start = cursor.within
    ? all.findIndex(([sourceId]) => sourceId === cursor.within)
    : 0;
  const found = all[start];
  if (!found) return options.next;
  const [sourceId, targetId] = found;
  const page = await options.visit({ sourceId, targetId }, cursor.pageToken);
  if (page === 'spent') return { ...cursor, within: sourceId };
  if (page.next) {
    return { phase: cursor.phase, within: sourceId, pageToken: page.next };
  }
  const following = all[start + 1];
  return following
    ? { phase: cursor.phase, within: following[0] }
    : options.next;
}
