import { z } from 'zod';
import { AttemptFailure } from './AttemptFailure';
import { basics, runTool } from './runTool';

export type Python = { command: string; version: string };

const oldest = [3, 10] as const;
const candidates = [
  'python3',
  'python3.13',
  'python3.12',
  'python3.11',
  'python3.10',
  'python',
];

/**
 * Finds a Python that is new enough.
 *
 * @throws AttemptFailure `PythonMissing` that says what was found and what to do
 */
export async function findPython(options: {
  configured?: string;
  /** Where it is configured. */
  setting?: string;
  signal: AbortSignal;
}): Promise<Python> {
  const { configured, setting = 'mlJobs.local.python', signal } = options;
  const seen: string[] = [];
  for (const command of configured ? [configured] : candidates) {
    const found = await versionOf(command, signal);
    if (!found) continue;
    const [major, minor] = found.split('.').map(Number);
    if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) {
      return { command, version: found };
    }
    seen.push(`${command} is ${found}`);
  }
  const looked = configured
    ? `${setting} (${configured})`
    : 'the PATH of the portal';
  throw new AttemptFailure(
    'PythonMissing',
    `No Python ${oldest.join('.')} or newer in ${looked}${
      seen.length ? ` (${seen.join(', ')})` : ''
    }. Install Python 3.11 with its venv module, or set ${setting} to one.`,
  );
}

async function versionOf(
  command: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { exitCode, lines } = await runTool(
      command,
      ['-I', '-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])'],
      { env: basics(), signal },
    );
    return exitCode === 0 ? lines.at(-1) : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

const foldersScript = `
import json, os, sys
found, path = {sys.base_prefix, sys.base_exec_prefix}, sys.executable
while os.path.islink(path):
    path = os.path.join(os.path.dirname(path), os.readlink(path))
    found.add(os.path.dirname(os.path.dirname(os.path.normpath(path))))
print(json.dumps(sorted(found)))
`;

/** The folders a Python needs besides a virtual environment made with it: where it is installed. */
export async function foldersOfPython(
  command: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { exitCode, lines } = await runTool(
    command,
    // Without site: its .pth files are code of the packages that were installed.
    ['-I', '-S', '-c', foldersScript],
    { env: basics(), signal },
  );
  if (exitCode !== 0) {
    throw new AttemptFailure(
      'PythonMissing',
      `${command} does not run: ${lines.at(-1) ?? `code ${exitCode}`}`,
    );
  }
  return z
    .array(z.string())
    .parse(JSON.parse(lines.at(-1) ?? '[]'))
    .filter(folder => folder !== '/');
}
