import type { Job, JobState } from '@downstage/plugin-ml-jobs-common';
import type { CommandContext } from '../command';

/** Of --all and of --mine, which looks through the jobs of others as well. More is a task for the API. */
export const mostPages = 20;
const pageSize = 500;
export const mostJobs = mostPages * pageSize;

/** As many as wanted, a page after the other. The cursor is where the list goes on. */
export async function collectJobs(
  { jobs }: CommandContext,
  options: {
    query: {
      state?: JobState;
      owner?: string;
      model?: string;
      runtime?: string;
      group?: string;
    };
    most: number;
    cursor: string | undefined;
    /** Only those that this one submitted. */
    by: string | undefined;
  },
): Promise<{ items: Job[]; cursor?: string; bounded: boolean }> {
  const { query, most, by } = options;
  const items: Job[] = [];
  let { cursor } = options;
  let pages = 0;
  do {
    // Never more than are left to show, so that the cursor is the place after the last one shown.
    const limit = Math.min(most - items.length, pageSize);
    const page = await jobs.listJobs({ query: { ...query, limit, cursor } });
    pages += 1;
    items.push(...page.items.filter(job => !by || job.createdBy === by));
    cursor = page.nextCursor;
  } while (cursor && items.length < most && pages < mostPages);
  return { items, cursor, bounded: items.length < most };
}
