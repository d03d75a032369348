import type { Caller } from '@downstage/node';
import { STAMPED, USER_TAG } from '../kernel/tags';

/** Tags that only the server writes: they tie a run to the person and the job that made it. */
const SERVER_TAGS: string[] = [USER_TAG, ...Object.values(STAMPED)];

/** What the job's token says about the run; nothing for people's runs. */
export function stampedTags(caller: Caller): { key: string; value: string }[] {
  if (caller.kind !== 'job') return [];
  const { job, commit, datasets, model, environment } = caller.job.attributes;
  const tags: [string, string | undefined][] = [
    [STAMPED.job, job],
    [STAMPED.commit, commit],
    ['mlflow.source.git.commit', commit],
    [STAMPED.dataset, datasets?.join(',') || undefined],
    [STAMPED.model, model],
    [STAMPED.environment, environment],
  ];
  return tags.flatMap(([key, value]) => (value ? [{ key, value }] : []));
}

/** Whether clients may not write this tag. */
export function isStamped(key: string): boolean {
  return SERVER_TAGS.includes(key);
}
