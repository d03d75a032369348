import type { Permission } from '@backstage/plugin-permission-common';
import type { TokenScopes } from '@downstage/common';
import type { JobIdentity } from '../caller/jobSubject';

/** Why a job may not do this: its kind, its owner, its model. `undefined` when it may. */
export function refusalOfJob(
  job: JobIdentity,
  tokenScopes: TokenScopes,
  request: { permission: Permission; owner?: string; model?: string },
): string | undefined {
  const { permission, owner, model } = request;
  const ofJobs = tokenScopes.ofJobs;
  if (!ofJobs.includes(permission.name)) {
    return `The token of ${job.subject} may not use ${
      permission.name
    }: jobs may use ${ofJobs.join(', ') || 'nothing here'}`;
  }
  if (permission.attributes.action === 'read') return undefined;
  if (owner && owner !== job.owner && owner !== job.actor) {
    return `This belongs to ${owner}, and ${job.subject} runs for ${job.owner}`;
  }
  const own = job.attributes.model;
  if (
    own &&
    model &&
    !tokenScopes.isOfOwner(permission.name) &&
    !same(own, model)
  ) {
    return `${job.subject} trains ${own} and may not change ${model}`;
  }
  return undefined;
}

function same(a: string, b: string): boolean {
  return a.toLocaleLowerCase('en-US') === b.toLocaleLowerCase('en-US');
}
