import type { Permission } from '@backstage/plugin-permission-common';
import type { JobIdentity } from './jobSubject';

/**
 * What a job may do besides reading: write runs, and register and put forward versions of its model.
 *
 * @remarks
 * Which runs it may write is the registry's to say: those that it made. Which data it may read is decided by
 * `ml-data`, with the rights of whoever submitted it.
 */
const permissionsOfJobs = new Set([
  'ml.registry.read',
  'ml.registry.track',
  'ml.registry.register',
  'ml.registry.promote',
  'ml.data.read',
  'ml.serving.predict',
]);

/** Tracking is by experiment, and experiments belong to groups: a job that trains a model tracks for its owner. */
const withoutModel = new Set(['ml.registry.track']);

/** Why a job may not do this: its kind, its owner, its model. `undefined` when it may. */
export function refusalOfJob(
  job: JobIdentity,
  request: { permission: Permission; owner?: string; model?: string },
): string | undefined {
  const { permission, owner, model } = request;
  if (!permissionsOfJobs.has(permission.name)) {
    return `The token of ${job.subject} may not use ${
      permission.name
    }: jobs may use ${[...permissionsOfJobs].join(', ')}`;
  }
  if (permission.attributes.action === 'read') return undefined;
  if (owner && owner !== job.owner && owner !== job.actor) {
    return `This belongs to ${owner}, and ${job.subject} runs for ${job.owner}`;
  }
  const own = job.attributes.model;
  if (own && model && !withoutModel.has(permission.name) && !same(own, model)) {
    return `${job.subject} trains ${own} and may not change ${model}`;
  }
  return undefined;
}

function same(a: string, b: string): boolean {
  return a.toLocaleLowerCase('en-US') === b.toLocaleLowerCase('en-US');
}
