import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isError } from '@backstage/errors';
import { cli } from 'cleye';
import { localCommand, refuseMore } from '../command';

/** Where projects mostly have their training code. */
const programs = ['src/train.py', 'train.py', 'src/main.py', 'main.py'];
const schemaPath = '/api/ml-jobs/v1/downstage.schema.json';

export const init = localCommand({
  path: ['init'],
  description: 'Writes a downstage.yaml of a few lines; never over one',
  read: ({ args, info, help }) => {
    const { _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['[folder]'],
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    return async ({ output }) => {
      const folder = given.folder ?? '.';
      const file = join(folder, 'downstage.yaml');
      const text = await definitionFor(folder, process.env.DOWNSTAGE_URL);
      await mkdir(folder, { recursive: true });
      try {
        await writeFile(file, text, { flag: 'wx' });
      } catch (error) {
        if (!isError(error) || error.code !== 'EEXIST') throw error;
        throw new Error(`There is a ${file} already; it stays as it is`);
      }
      output.result(file);
      output.note(
        `Commit it with the code; 'downstage validate ${folder}' checks it`,
      );
    };
  },
});

async function definitionFor(
  folder: string,
  portal: string | undefined,
): Promise<string> {
  const isFile = (name: string) =>
    stat(join(folder, name)).then(
      entry => entry.isFile(),
      () => false,
    );
  let program = programs[0];
  for (const name of [...programs].reverse())
    if (await isFile(name)) program = name;
  return [
    ...(portal && /^https?:\/\/\S+$/.test(portal)
      ? [
          `# yaml-language-server: $schema=${portal.replace(
            /\/+$/,
            '',
          )}${schemaPath}`,
        ]
      : []),
    'apiVersion: downstage.dev/v1',
    'kind: Job',
    `entryPoint: python ${program}`,
    ...((await isFile('requirements.txt'))
      ? ['environment: { requirements: requirements.txt }']
      : []),
    '',
  ].join('\n');
}
