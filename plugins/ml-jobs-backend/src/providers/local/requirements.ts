import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import { AttemptFailure } from './AttemptFailure';
import { requirementsScript } from './requirementsScript';
import { basics, runTool } from './runTool';

const requirementSchema = z.object({
  file: z.string(),
  line: z.number(),
  constraint: z.boolean(),
  text: z.string(),
  editable: z.boolean(),
  hashes: z.array(z.string()),
  /** Options of the single requirement, besides hashes. */
  options: z.array(z.string()),
  place: z.enum([
    'index',
    'url',
    'vcs',
    'file',
    'folder',
    'outside',
    'unreadable',
  ]),
  scheme: z.string().optional(),
  extras: z.array(z.string()).optional(),
  marker: z.string().optional(),
  path: z.string().optional(),
  sha256: z.string().optional(),
  why: z.string().optional(),
});
const settingSchema = z.object({
  file: z.string(),
  line: z.number(),
  name: z.string(),
  values: z.array(z.string()),
});
const answerSchema = z.union([
  z.object({
    refused: z.object({
      reason: z.string(),
      kind: z.string(),
      text: z.string(),
    }),
  }),
  z.object({
    requirements: z.array(requirementSchema),
    settings: z.array(settingSchema),
  }),
]);

type ParsedRequirement = z.output<typeof requirementSchema>;
type ParsedRequirements = {
  requirements: ParsedRequirement[];
  settings: z.output<typeof settingSchema>[];
};

/** What is installed: files of our own making, and what tells them from any other. */
export type Requirements = {
  /** Of everything that decides what is installed: lines, settings, and the content of the project's own files. */
  hash: string;
  /** A requirements file for pip and uv. */
  text: string;
  constraints?: string;
  /** Files of the project that are installed from, by the name they have in `text`. */
  files: Map<string, string>;
  /** Something has to be built, which runs the code of the package. */
  builds: boolean;
};

/**
 * Reads a requirements file as pip reads it and decides what may be installed.
 *
 * @throws AttemptFailure with file, line, what was found and what is allowed
 */
export async function readRequirements(options: {
  project: string;
  file: string;
  python: string;
  /** Indexes that a file may name, from config. */
  indexes: readonly string[];
  signal: AbortSignal;
}): Promise<Requirements> {
  const { project, file, python, indexes, signal } = options;
  const { exitCode, lines } = await runTool(
    python,
    ['-I', '-c', requirementsScript, project, file],
    { cwd: project, env: basics(), signal },
  );
  const result = lines.find(line => line.startsWith('RESULT '));
  if (exitCode !== 0 || !result) {
    throw new AttemptFailure(
      'PythonMissing',
      `The requirements could not be read with pip: ${
        lines.at(-1) ?? 'no answer'
      }`,
    );
  }
  const answer = answerSchema.parse(JSON.parse(result.slice(7)));
  if ('refused' in answer) {
    throw new AttemptFailure(
      answer.refused.reason,
      `The requirements are refused: ${answer.refused.text}`,
    );
  }
  return decideRequirements(answer, { indexes });
}

const plainSettings = new Map([
  ['pre', '--pre'],
  ['prefer_binary', '--prefer-binary'],
  ['require_hashes', '--require-hashes'],
]);
const listSettings = new Map([
  ['no_binary', '--no-binary'],
  ['only_binary', '--only-binary'],
]);

/** From what pip's parser has read to what is installed, or the reason why not. */
function decideRequirements(
  parsed: ParsedRequirements,
  options: { indexes: readonly string[] },
): Requirements {
  const head: string[] = [];
  for (const setting of parsed.settings)
    head.push(...settingLines(setting, options));
  const files = new Map<string, string>();
  const hashed = ['v2', ...head];
  const body: { constraint: boolean; line: string }[] = [];
  for (const entry of parsed.requirements) {
    requireAllowed(entry);
    const line = lineOf(entry, files);
    body.push({ constraint: entry.constraint, line });
    hashed.push(
      `${entry.constraint ? 'c' : 'r'} ${line} ${entry.sha256 ?? ''}`,
    );
  }
  const text = (constraint: boolean) =>
    body.filter(one => one.constraint === constraint).map(({ line }) => line);
  const constraints = text(true);
  return {
    hash: createHash('sha256')
      .update(hashed.join('\n'))
      .digest('hex')
      .slice(0, 20),
    text: `${[...head, ...text(false)].join('\n')}\n`,
    ...(constraints.length && { constraints: `${constraints.join('\n')}\n` }),
    files,
    builds: parsed.requirements.some(
      ({ place, path }) =>
        place === 'vcs' || (place === 'file' && !path?.endsWith('.whl')),
    ),
  };
}

function settingLines(
  setting: ParsedRequirements['settings'][number],
  { indexes }: { indexes: readonly string[] },
): string[] {
  const { file, line, name, values } = setting;
  const plain = plainSettings.get(name);
  if (plain) return [plain];
  const list = listSettings.get(name);
  if (list) return [`${list} ${values.join(',')}`];
  const option = `--${name
    .replace(/^(extra_index_url|trusted_host)s$/, '$1')
    .replaceAll('_', '-')}`;
  if (name === 'index_url' || name === 'extra_index_urls') {
    const allowed = indexes.map(withoutSlash);
    if (values.every(value => allowed.includes(withoutSlash(value))))
      return values.map(value => `${option} ${value}`);
    throw refused(
      { file, line },
      `'${option}' names an index that the configuration does not`,
      `${
        indexes.length ? `allowed are ${indexes.join(', ')}` : 'none is allowed'
      } (mlJobs.local.indexes adds some); the index that pip is configured to use is used without naming it`,
    );
  }
  throw refused(
    { file, line },
    `'${option}' cannot be set by a project`,
    'allowed are requirements, -r, -c, --pre, --prefer-binary, --no-binary, --only-binary, --require-hashes and --hash',
  );
}

function requireAllowed(entry: ParsedRequirement): void {
  const { text, place, scheme, options, editable } = entry;
  const found = `'${editable ? '-e ' : ''}${text}'`;
  if (options.length) {
    throw refused(
      entry,
      `${found} has the option ${options.join(', ')}`,
      'a single requirement may have --hash',
    );
  }
  switch (place) {
    case 'index':
    case 'file':
      return;
    case 'url':
      if (scheme === 'https') return;
      throw refused(
        entry,
        `${found} is fetched by ${scheme}`,
        'allowed is https',
      );
    case 'vcs':
      if (scheme === 'git+https') return;
      throw refused(
        entry,
        `${found} is fetched by ${scheme}`,
        'allowed is git+https',
      );
    case 'outside':
      throw refused(
        entry,
        `${found} is a path outside the project`,
        'allowed are packages of an index, https and git+https addresses, and wheels or archives that lie in the project',
      );
    case 'folder':
      throw refused(
        entry,
        `${found} is a folder of the project`,
        "an environment outlives the commit it was made for, so the project's own code belongs on PYTHONPATH in the entry point; a wheel or archive of it can be required",
      );
    default:
      throw refused(
        entry,
        `${found} cannot be read`,
        entry.why ?? 'pip does not understand it',
      );
  }
}

/** The requirement as one line that means the same to pip and uv, wherever it is read from. */
function lineOf(entry: ParsedRequirement, files: Map<string, string>): string {
  const hashes = entry.hashes.map(hash => ` --hash=${hash}`).join('');
  if (entry.editable) return `-e ${entry.text}`;
  if (entry.place !== 'file' || !entry.path) return `${entry.text}${hashes}`;
  // In a folder named by its content: two files of one name stay two.
  const name = `files/${entry.sha256?.slice(0, 16)}/${basename(entry.path)}`;
  files.set(name, entry.path);
  const extras = entry.extras?.length ? `[${entry.extras.join(',')}]` : '';
  return `./${name}${extras}${
    entry.marker ? ` ; ${entry.marker}` : ''
  }${hashes}`;
}

function refused(
  place: { file: string; line: number },
  found: string,
  allowed: string,
): AttemptFailure {
  return new AttemptFailure(
    'RequirementsRefused',
    `${place.file}:${place.line}: ${found}; ${allowed}`,
  );
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
