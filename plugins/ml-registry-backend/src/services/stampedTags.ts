import type { Caller } from '@downstage/node';

/** Who made the run; MLflow's own pages show it, and `search_runs` filters by it. */
export const USER_TAG = 'mlflow.user';

/** Tags that only the server writes: they tie a run to the person and the job that made it. */
const SERVER_TAGS = [
  USER_TAG,
  'downstage.job',
  'downstage.commit',
  'downstage.dataset',
  'downstage.model',
  'downstage.environment',
  'downstage.reproduces',
];

/** What the job's token says about the run; nothing for people's runs. */
export function stampedTags(caller: Caller): { key: string; value: string }[] {
  if (caller.kind !== 'job') return [];
  const { job, commit, datasets, model, environment } = caller.job.attributes;
  const tags: [string, string | undefined][] = [
    ['downstage.job', job],
    ['downstage.commit', commit],
    ['mlflow.source.git.commit', commit],
    ['downstage.dataset', datasets?.join(',') || undefined],
    ['downstage.model', model],
    ['downstage.environment', environment],
  ];
  return tags.flatMap(([key, value]) => (value ? [{ key, value }] : []));
}

/** Whether clients may not write this tag. */
export function isStamped(key: string): boolean {
  return SERVER_TAGS.includes(key);
}
