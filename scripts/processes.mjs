// Everything a command starts ends with it: at its end, at Ctrl-C, at SIGTERM and at an exception. A command with a folder
// of its own ends it at kill -9 too. Processes end first; the folder that they work in goes afterwards.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The process of each that lives, and how it is asked to end. */
const living = new Map();
/** How this command ends; see {@link atTheEnd}. */
const manner = { folder: undefined, say() {}, async last() {} };
let installed = false;
let ending;

/**
 * Starts a process that ends with this command.
 *
 * @remarks
 * It leads a process group of its own: Ctrl-C in a terminal reaches this command alone, which ends things in order.
 * `endSignal` is what it is asked with, SIGTERM unless it knows a better one. `alone` asks the process and not its
 * children: a portal and a start command end theirs in order themselves. After 30 seconds the group is killed.
 * Once this command is ending, nothing more is started.
 */
export function startProcess(command, args, options = {}) {
  const { endSignal = 'SIGTERM', alone = false, ...rest } = options;
  if (ending)
    throw new Error(`'${command}' is not started: this command is ending`);
  install();
  const child = spawn(command, args, { ...rest, detached: true });
  // Without a number there is no process; the event 'error' says why.
  if (child.pid === undefined) return child;
  living.set(child.pid, { endSignal, alone });
  child.once('exit', () => living.delete(child.pid));
  return child;
}

/**
 * What else belongs to the end of this command.
 *
 * `folder` goes last, after every process that works in it, no matter who started that one. `say` is called once, before
 * anything ends, `last` once after all. `exitCode` is that of an end by a signal, 128 and the signal's number if it is left
 * out.
 */
export function atTheEnd({ folder, say, last, exitCode }) {
  install();
  Object.assign(manner, {
    ...(folder && { folder }),
    ...(say && { say }),
    ...(last && { last }),
    ...(exitCode !== undefined && { exitCode }),
  });
  if (!folder) return;
  // It hears of the end of this process by the end of its input, whatever ended it.
  const warden = spawn(process.execPath, [join(here, 'warden.mjs'), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  warden.stdin.on('error', () => {});
  warden.unref();
  warden.stdin.unref();
  manner.warden = warden.pid;
}

/** Resolves never where this command is ending already: whatever is under way must not go on, and not report failures. */
export async function unlessEnding() {
  if (ending) await new Promise(() => {});
}

/**
 * Asks all to end and kills what has not ended after `graceMs`: first those that end their own in order, then what those
 * may have worked with, such as PostgreSQL.
 */
export async function endProcesses({ graceMs = 30_000 } = {}) {
  for (const order of [true, false]) {
    const asked = [...living].filter(([, { alone }]) => alone === order);
    await endThose(asked, graceMs);
  }
  if (manner.folder) await endThoseIn(manner.folder, [manner.warden]);
}

async function endThose(asked, graceMs) {
  const left = () => asked.some(([pid]) => living.has(pid));
  for (const [pid, { endSignal, alone }] of asked)
    signalTo(alone ? pid : -pid, endSignal);
  const late = Date.now() + graceMs;
  while (left() && Date.now() < late) await pause(50);
  for (const [pid] of asked) signalTo(-pid, 'SIGKILL');
  while (left()) await pause(20);
}

/**
 * Kills whatever works in the folder: a process whose command line, environment or working directory names it. Jobs,
 * gateways and browsers lead groups of their own and may have lost those who started them.
 */
export async function endThoseIn(folder, spare = []) {
  for (let rounds = 0; rounds < 20; rounds += 1) {
    const found = processesIn(folder).filter(
      pid => pid !== process.pid && !spare.includes(pid),
    );
    if (!found.length) return;
    for (const pid of found) signalTo(pid, 'SIGKILL');
    await pause(50);
  }
}

/**
 * The numbers of the processes that work in a folder; none where the system does not tell (no /proc). One with a terminal
 * is not ours: what we start has none, and somebody may look into the folder from a shell.
 */
export function processesIn(folder) {
  if (!existsSync('/proc/self/environ')) return [];
  const part = name => {
    const names = text => text.includes(`${folder}/`) || ends(text, folder);
    const ways = [
      () => readFileSync(`/proc/${name}/cmdline`, 'utf8'),
      () => readFileSync(`/proc/${name}/environ`, 'utf8'),
      () => `${readlinkSync(`/proc/${name}/cwd`)}\0`,
    ];
    return ways.some(read => {
      try {
        return names(read());
      } catch {
        // It ended in this moment, or is somebody else's.
        return false;
      }
    });
  };
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && part(name))
    .map(Number)
    .filter(pid => !isZombie(pid) && !hasTerminal(pid));
}

/** Whether a process of this number lives. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
}

function ends(text, folder) {
  return text.split('\0').some(word => word.endsWith(folder));
}

function hasTerminal(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name in brackets: state, parent, group, session, terminal.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[4] !== '0';
  } catch {
    return false;
  }
}

function isZombie(pid) {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function install() {
  if (installed) return;
  installed = true;
  for (const signal of signals) {
    process.on(signal, () => {
      // A person who asks twice does not want to wait.
      if (ending) for (const pid of living.keys()) signalTo(-pid, 'SIGKILL');
      end(manner.exitCode ?? 128 + constants.signals[signal]);
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, error => {
      // A failure because all is ending is no news.
      if (!ending) process.stderr.write(`${error?.stack ?? error}\n`);
      end(1);
    });
  }
  // An end in the middle, with nobody left to wait for anything.
  process.on('exit', () => {
    for (const [pid, { endSignal, alone }] of living)
      signalTo(alone ? pid : -pid, endSignal);
  });
}

function end(exitCode) {
  ending ??= (async () => {
    manner.say();
    try {
      await endProcesses();
      if (manner.folder) await remove(manner.folder);
      await manner.last();
    } finally {
      process.exit(exitCode);
    }
  })();
}

/** Removes a folder, also one in which something was written while it went. */
export function remove(folder) {
  return rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

function signalTo(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

function pause(milliseconds) {
  return new Promise(done => setTimeout(done, milliseconds));
}
