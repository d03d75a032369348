import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { callerOfJob, parseRights, type JobCaller } from '@downstage/node';
import type { JobRow } from '../stores/rows';

/**
 * The job as a caller: it reads with the rights that its submitter had then, never with those of the portal.
 *
 * @param own - the credentials of this plugin, which carry the call
 */
export function callerOfRow(job: JobRow, own: BackstageCredentials): JobCaller {
  return callerOfJob(
    {
      subject: `job:${job.id}`,
      actor: job.created_by,
      owner: job.owner,
      groups: job.submitter_groups?.length ? job.submitter_groups : [job.owner],
      ...(job.submitter_rights && {
        rights: parseRights(job.submitter_rights),
      }),
      attributes: { job: job.id, ...(job.model && { model: job.model }) },
    },
    own,
  );
}
