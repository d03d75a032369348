import { InputError } from '@backstage/errors';
import { jobStates } from '@downstage/plugin-ml-jobs-common';
import { cli } from 'cleye';
import { findCaller } from '../../caller';
import {
  jsonFlag,
  modelRef,
  number,
  oneOf,
  ownerRef,
  refuseMore,
} from '../../command';
import { collectJobs, mostJobs, mostPages } from '../../jobs/collectJobs';
import { jobColumns, jobRow } from '../../jobs/describeJob';
import { jobCommand } from '../../jobs/jobCommand';
import { show } from '../../terminal/output';

export const list = jobCommand({
  path: ['jobs', 'list'],
  description: 'Jobs, newest first',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        flags: {
          state: {
            type: oneOf(jobStates),
            description: `One of ${jobStates.join(', ')}`,
          },
          owner: {
            type: ownerRef,
            description: 'Only of this owner: diagnostics, user:default/ann',
          },
          model: { type: modelRef, description: 'Only of this model' },
          runtime: { type: String, description: 'Only where it runs' },
          group: { type: String, description: 'Only of jobs with this name' },
          mine: {
            type: Boolean,
            description: 'Only those that you submitted',
            default: false,
          },
          limit: {
            type: number,
            description: 'How many at most',
            default: 20,
          },
          all: {
            type: Boolean,
            description: `All, up to ${mostJobs}`,
            default: false,
          },
          cursor: {
            type: String,
            description: 'Go on where the list before ended',
          },
          json: jsonFlag,
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 0);
    const { limit } = flags;
    if (!Number.isInteger(limit) || limit < 1 || limit > mostJobs)
      throw new InputError(
        `--limit is ${limit}; expected a whole number from 1 to ${mostJobs}`,
      );
    return async context => {
      const { output } = context;
      const { state, owner, model, runtime, group } = flags;
      const { items, cursor, bounded } = await collectJobs(context, {
        query: { state, owner, model, runtime, group },
        most: flags.all ? mostJobs : limit,
        cursor: flags.cursor,
        by: flags.mine ? (await findCaller(context.portal)).actor : undefined,
      });
      const now = new Date();
      show(output, items, {
        json: flags.json,
        columns: jobColumns,
        rows: items.map(job => jobRow(job, now)),
        nothing: 'No job matches.',
      });
      if (cursor)
        output.note(
          `${
            bounded ? `${mostPages} pages were looked through. ` : ''
          }There are more: add --cursor ${cursor}`,
        );
    };
  },
});
