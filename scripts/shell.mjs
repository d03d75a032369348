// What the start and test scripts share: steps with progress, processes, clear failures.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProcess, unlessEnding } from './processes.mjs';

/** The top of the repository. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Says what is being done and, every few seconds, that it still is; the function returned says how long it took. */
export function step(title) {
  const started = Date.now();
  const seconds = () => ((Date.now() - started) / 1000).toFixed(1);
  const live = process.stdout.isTTY;
  process.stdout.write(live ? `  ${title} …` : `  ${title} …\n`);
  const timer = setInterval(
    () => {
      process.stdout.write(
        live
          ? `\r  ${title} … ${seconds()} s`
          : `  ${title} … ${seconds()} s\n`,
      );
    },
    live ? 500 : 15_000,
  );
  timer.unref();
  return (outcome = 'done') => {
    clearInterval(timer);
    process.stdout.write(
      `${live ? '\r' : ''}  ${title}: ${outcome} in ${seconds()} s\n`,
    );
  };
}
step.note = text => process.stdout.write(`  Note: ${text}\n`);

/** One clear sentence with the remedy, and the end. */
export function fail(sentence, remedy = '') {
  process.stderr.write(`\n  ${sentence}\n${remedy ? `  ${remedy}\n` : ''}`);
  process.exit(1);
}

/** The value of `--name value` or `--name=value`. */
export function option(args, name) {
  const index = args.findIndex(
    arg => arg === name || arg.startsWith(`${name}=`),
  );
  if (index < 0) return undefined;
  if (args[index].includes('=')) return args[index].slice(name.length + 1);
  const value = args[index + 1];
  if (!value || value.startsWith('--')) fail(`${name} needs a value.`);
  return value;
}

/**
 * Refuses what a script does not know, before it does anything: a mistyped option would be left out without a word.
 * `values` are options with a value, `switches` those without; `--help` shows the usage and ends.
 */
export function checkOptions(args, { values = [], switches = [], usage }) {
  if (args.includes('--help')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  for (let at = 0; at < args.length; at += 1) {
    const name = args[at].split('=')[0];
    if (values.includes(name)) at += args[at].includes('=') ? 0 : 1;
    else if (!switches.includes(args[at]))
      fail(`'${args[at]}' is not understood.`, usage);
  }
}

/**
 * Runs a command to its end; throws with its last lines when it fails. Where all is ending it never answers: what asked for
 * the command must not go on, nor call the end of it a failure. `onLine` hears each whole line of a quiet one as it comes.
 */
export async function run(command, args, options = {}) {
  await unlessEnding();
  const { quiet = false, onLine, ...rest } = options;
  return new Promise((done, reject) => {
    const child = startProcess(command, args, {
      stdio: ['ignore', ...(quiet ? ['pipe', 'pipe'] : ['inherit', 'inherit'])],
      ...rest,
    });
    let output = '';
    let begun = '';
    const keep = chunk => {
      output = (output + chunk).slice(-8000);
      if (!onLine) return;
      const lines = (begun + chunk).split('\n');
      begun = lines.pop().slice(-8000);
      lines.forEach(onLine);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', reject);
    child.once('exit', async code => {
      await unlessEnding();
      if (code === 0) done(output);
      else
        reject(
          new Error(
            `${[command, ...args].join(' ')} ended with ${code}\n${output}`,
          ),
        );
    });
  });
}

/** A Python that can make virtual environments, if the machine has one. */
export async function findPython() {
  for (const candidate of ['python3', 'python']) {
    try {
      await run(
        candidate,
        [
          '-c',
          'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 1)',
        ],
        { quiet: true },
      );
      return candidate;
    } catch {
      // The next one may do.
    }
  }
  return undefined;
}

/** The last lines of a file, of what was written after `from` bytes. */
export async function tail(file, lines, { from = 0 } = {}) {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  return bytes
    .subarray(from)
    .toString('utf8')
    .split('\n')
    .slice(-lines)
    .join('\n');
}

/** A hash over the files below some folders that `accept` takes: equal as long as nothing changed. */
export async function hashOf(paths, accept = () => true) {
  const hash = createHash('sha256');
  const visit = async path => {
    const found = await stat(path).catch(() => undefined);
    if (!found) return;
    if (found.isDirectory()) {
      const names = (await readdir(path)).sort();
      for (const name of names) {
        if (['node_modules', 'dist', 'dist-types', 'coverage'].includes(name))
          continue;
        await visit(join(path, name));
      }
    } else if (accept(path)) {
      hash.update(path.slice(root.length));
      hash.update(await readFile(path));
    }
  };
  for (const path of paths) await visit(path);
  return hash.digest('hex');
}
