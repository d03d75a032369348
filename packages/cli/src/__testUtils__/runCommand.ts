import { commands } from '../index';

/** Runs a command as the Backstage CLI does after it found it. */
export async function runCommand(...words: string[]): Promise<void> {
  const found = commands.find(({ path }) =>
    path.every((word, at) => word === words[at]),
  );
  if (!found || typeof found.execute !== 'function')
    throw new Error(`No command ${words.join(' ')}`);
  await found.execute({
    args: words.slice(found.path.length),
    info: {
      usage: `downstage ${found.path.join(' ')}`,
      name: found.path.join(' '),
    },
  });
}
