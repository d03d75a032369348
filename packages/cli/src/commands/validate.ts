import { cli } from 'cleye';
import { jsonFlag, localCommand, refuseMore } from '../command';
import { table } from '../terminal/output';
import { checkProject, type Finding } from '../project/checkProject';

export const validate = localCommand({
  path: ['validate'],
  description:
    'Checks downstage.yaml of a project, without a portal; 1: mistakes, 2: nothing to check',
  failure: 2,
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['[path]'],
        flags: { json: jsonFlag },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    return async ({ output }) => {
      const check = await checkProject(given.path ?? '.');
      const { file, jobs, mistakes, more, warnings } = check;
      if (!check.valid) process.exitCode = 1;
      if (flags.json) {
        output.json(check);
        return;
      }
      const rows = [
        ...mistakes.map(rowOf(file, 'mistake')),
        ...warnings.map(rowOf(file, 'warning')),
      ];
      if (rows.length) output.result(table(rows, ['where', 'what', 'why']));
      if (more) output.note(`and ${more} more mistakes`);
      if (check.valid)
        output.note(
          `${file} is right${jobs.length ? `: ${jobs.join(', ')}` : ''}`,
        );
    };
  },
});

function rowOf(file: string, what: string) {
  return ({ line, column, document, message }: Finding) => ({
    where: `${file}:${line}:${column}`,
    what,
    why: document ? `${document}: ${message}` : message,
  });
}
