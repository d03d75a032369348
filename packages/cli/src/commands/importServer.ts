import { setTimeout as pause } from 'node:timers/promises';
import type { RegistryImport } from '@downstage/plugin-ml-registry-common';
import { cli } from 'cleye';
import { command, type CommandContext, number, refuseMore } from '../command';
import { table } from '../terminal/output';

export const importServer = command({
  path: ['import'],
  description: 'Import an MLflow server; again adds only what is new',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help: {
          ...help,
          examples: [
            'SOURCE_TOKEN=… downstage import https://mlflow.example.org --owner group:default/diagnostics',
          ],
        },
        parameters: ['<uri>'],
        flags: {
          owner: { type: String, description: 'Whom it all belongs to' },
          user: {
            type: String,
            description: 'User of the other server, with basic authentication',
          },
          detach: {
            type: Boolean,
            description: 'Do not wait for the end',
            default: false,
          },
          every: {
            type: number,
            description: 'Seconds between two looks',
            default: 2,
          },
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    return async context => {
      const started = await context.registry.startImport({
        body: {
          uri: given.uri,
          // Not a flag: those are seen by everybody on the machine, and kept in the shell's history.
          token: process.env.SOURCE_TOKEN,
          user: flags.user,
          owner: flags.owner,
        },
      });
      context.output.note(`Import ${started.id} of ${started.uri}`);
      if (flags.detach) {
        context.output.result(started.id);
        return;
      }
      const ended = await follow(context, started, flags.every * 1000);
      await report(context, ended);
      if (ended.state !== 'succeeded') process.exitCode = 1;
    };
  },
});

async function follow(
  { registry, output }: CommandContext,
  started: RegistryImport,
  everyMs: number,
): Promise<RegistryImport> {
  let now = started;
  let said = '';
  while (now.state === 'running') {
    const line = progressOf(now);
    if (line !== said) output.note(line);
    said = line;
    await pause(everyMs);
    now = await registry.getImport({ params: { id: started.id } });
  }
  return now;
}

function progressOf({ phase, counts, files, points, message }: RegistryImport) {
  const seen = counts
    .filter(({ found }) => found > 0)
    .map(({ kind, found }) => `${found} ${kind}s`);
  return [
    phase ? `${phase}s` : 'starting',
    ...seen,
    `${points} points`,
    `${files} files`,
    ...(message ? [message] : []),
  ].join(', ');
}

async function report(
  { registry, output }: CommandContext,
  ended: RegistryImport,
) {
  output.result(
    table(
      ended.counts.map(({ kind, found, added, known, leftOut }) => ({
        kind,
        found,
        added,
        known,
        'left out': leftOut,
      })),
      ['kind', 'found', 'added', 'known', 'left out'],
    ),
  );
  output.note(
    `${ended.state}${ended.message ? `: ${ended.message}` : ''}. ${
      ended.points
    } points, ${ended.files} files, ${ended.bytes} bytes`,
  );
  let cursor: string | undefined;
  do {
    const page = await registry.listImportOmissions({
      params: { id: ended.id },
      query: { limit: 200, cursor },
    });
    for (const { kind, sourceId, reason } of page.items) {
      output.note(`  left out: ${kind} ${sourceId}: ${reason}`);
    }
    cursor = page.nextCursor;
  } while (cursor);
}
