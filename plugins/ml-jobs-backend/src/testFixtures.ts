import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { git } from '@downstage/node/testUtils';

/** A git repository below a data directory, as the templates make them. */
export function createProject(files: Record<string, string>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'downstage-'));
  const folder = join(dataDir, 'projects', 'project');
  mkdirSync(folder, { recursive: true });
  const gitHere = (...args: string[]) => git(folder, ...args);
  gitHere('init', '-q', '-b', 'main');
  const commit = (changed: Record<string, string>) => {
    for (const [name, text] of Object.entries(changed)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    gitHere('add', '.');
    gitHere('commit', '-qm', Object.keys(changed).join(', '));
    return gitHere('rev-parse', 'HEAD');
  };
  return {
    dataDir,
    folder,
    git: gitHere,
    commit,
    head: commit(files),
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

/** A three-line definition around a command. */
export function definitionOf(command: string, more = ''): string {
  return `apiVersion: downstage.dev/v1\nkind: Job\nentryPoint: ${JSON.stringify(
    command,
  )}\n${more}`;
}

/** Looks again and again until there is something to see; the test's own time limit ends it. */
export async function until<T>(
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    await new Promise(resolve => {
      setTimeout(resolve, 30);
    });
  }
}
