import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InputError } from '@backstage/errors';
import { formatMistake } from '@downstage/plugin-ml-jobs-common';
import { cli } from 'cleye';
import { findCaller } from '../../caller';
import {
  jsonFlag,
  modelRef,
  ownerRef,
  refuseMore,
  type CommandContext,
} from '../../command';
import { shortRef } from '../../jobs/describeJob';
import { jobCommand } from '../../jobs/jobCommand';
import { readParameters } from '../../jobs/parameters';
import { patiently } from '../../jobs/patiently';
import { seeToTheEnd, waitingFlags } from '../../jobs/seeToTheEnd';
import { checkProject } from '../../project/checkProject';
import { findSource, type ProjectSource } from '../../project/findSource';

export const submit = jobCommand({
  path: ['jobs', 'submit'],
  description: 'Run a job of downstage.yaml, and wait for its end',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help: {
          ...help,
          examples: [
            'downstage jobs submit',
            'downstage jobs submit my-project --job train --param C=0.5',
            'downstage jobs submit --repository https://github.com/acme/churn --ref main --no-wait',
          ],
        },
        parameters: ['[folder]'],
        flags: {
          job: {
            type: String,
            description: 'Which job of downstage.yaml, where it has several',
          },
          owner: {
            type: ownerRef,
            description: 'Whose job it is; your group unless you have several',
          },
          model: { type: modelRef, description: 'Which model it trains' },
          param: {
            type: [String] as const,
            description: 'A parameter in place of that of the file: C=0.5',
          },
          repository: {
            type: String,
            description:
              'Where the portal finds the code: an https address or a folder; where the folder has it unless given',
          },
          ref: { type: String, description: 'A branch, a tag or a commit' },
          runtime: { type: String, description: 'Where it runs' },
          group: {
            type: String,
            description: 'A name for jobs that belong together',
          },
          ...waitingFlags,
          json: jsonFlag,
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    const parameters = readParameters(flags.param);
    if (given.folder && flags.repository)
      throw new InputError(
        'Give either a folder or --repository: both say where the code is',
      );
    return async context => {
      const { jobs, output } = context;
      const here = flags.repository
        ? undefined
        : await readProject(context, given.folder ?? '.', flags.job);
      const source = here ?? { repository: addressOf(flags.repository ?? '') };
      const owner = flags.owner ?? (await onlyGroup(context));
      // With a key the same request can be sent again: it makes one job, however often it arrives.
      const idempotencyKey = randomUUID();
      const job = await patiently(
        () =>
          jobs.submitJob({
            body: {
              source: {
                repository: source.repository,
                ref: flags.ref ?? here?.ref,
              },
              ...{ owner, parameters, idempotencyKey },
              job: flags.job,
              model: flags.model,
              runtime: flags.runtime,
              group: flags.group,
            },
          }),
        { pause, say: output.note },
      );
      if (here && !flags.ref && job.source.commit !== here.commit)
        output.note(
          `Warning: ${here.repository} has ${
            here.ref
          } at ${job.source.commit?.slice(
            0,
            12,
          )}, and here it is at ${here.commit.slice(
            0,
            12,
          )}. To run what is here: git push, and submit again`,
        );
      await seeToTheEnd(context, job, flags);
    };
  },
});

/** Checks the project as `downstage validate` does, and finds where the portal gets it. */
async function readProject(
  { output }: CommandContext,
  folder: string,
  job: string | undefined,
): Promise<ProjectSource> {
  const { file, jobs, mistakes, more, warnings } = await checkProject(
    folder,
  ).catch((error: Error) => {
    throw new InputError(error.message);
  });
  if (mistakes.length)
    throw new InputError(
      [
        'Nothing was submitted, because the file is wrong:',
        ...mistakes.map(mistake => formatMistake(mistake, file)),
        ...(more ? [`and ${more} more`] : []),
      ].join('\n'),
    );
  for (const { line, message } of warnings)
    output.note(`Warning, ${file}:${line}: ${message}`);
  const source = await findSource(folder);
  if (job === undefined && jobs.length > 1)
    throw new InputError(
      `${file} has several jobs: ${jobs.join(', ')}. Choose one: --job ${
        jobs[0]
      }`,
    );
  return source;
}

function addressOf(repository: string): string {
  return /^[a-z]+:\/\//i.test(repository) ? repository : resolve(repository);
}

async function onlyGroup({ portal }: CommandContext): Promise<string> {
  const { actor, groups } = await findCaller(portal);
  if (groups.length === 1) return groups[0];
  throw new InputError(
    groups.length
      ? `${actor} is in several groups. Say whose job it is: ${groups
          .map(group => `--owner ${shortRef(group)}`)
          .join(' or ')}`
      : `${actor} is in no group. Say whose job it is with --owner`,
  );
}
