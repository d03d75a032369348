import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { AttemptFailure } from './AttemptFailure';

/**
 * The text of a requirements file with everything it includes, and its hash. Two projects with the
 * same requirements share one environment, so a requirement that means something else in each project is refused.
 */
export async function readRequirements(
  project: string,
  file: string,
): Promise<{ hash: string }> {
  const hash = createHash('sha256');
  const seen = new Set<string>();
  const root = await realpath(project);

  const read = async (path: string, from: string): Promise<void> => {
    const name = relative(root, path) || path;
    const real = await realpath(path).catch(() => undefined);
    if (!real) {
      throw new AttemptFailure(
        'RequirementsMissing',
        `${from} names the requirements file '${name}', and the project has none at this commit`,
      );
    }
    if (!real.startsWith(root + sep)) {
      throw new AttemptFailure(
        'RequirementsRefused',
        `'${name}' lies outside the project`,
      );
    }
    if (seen.has(real)) return;
    seen.add(real);
    const text = await readFile(real, 'utf8');
    for (const raw of text.split(/\r?\n/)) {
      const line = raw.replace(/(^|\s)#.*$/, '').trim();
      if (!line) continue;
      const include = /^(?:-r|--requirement|-c|--constraint)[\s=]*(.+)$/.exec(
        line,
      );
      if (include) {
        await read(resolve(dirname(real), include[1].trim()), name);
        continue;
      }
      if (
        /^(-e|--editable)\b/.test(line) ||
        /^\.{0,2}\//.test(line) ||
        line === '.' ||
        /@\s*file:/.test(line)
      ) {
        throw new AttemptFailure(
          'RequirementsRefused',
          `'${line}' in ${name} is a path on this machine. Environments are shared between projects, so only packages of an index or a URL can be required; put the project's own code on PYTHONPATH in the entry point instead.`,
        );
      }
      hash.update(`${line}\n`);
    }
  };

  await read(join(root, file), 'downstage.yaml');
  return { hash: hash.digest('hex').slice(0, 20) };
}
