import type { TrackingCaller } from './StagePolicy';

/** Tags that only the server writes: they tie a run to the job that made it. */
const PREFIXES = [
  'downstage.job',
  'downstage.commit',
  'downstage.dataset',
  'downstage.model',
  'downstage.environment',
];

/** What the job's token says about the run; nothing for people's runs. */
export function stampedTags(
  caller: TrackingCaller,
): { key: string; value: string }[] {
  if (!caller.subject) return [];
  const { job, commit, datasets, model, environment } =
    caller.subject.attributes;
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
  return PREFIXES.includes(key);
}
