// Waits for something that takes as long as the machine is slow.
import { stat } from 'node:fs/promises';
import { run } from './shell.mjs';

const minute = 60_000;

/**
 * Waits until it is ready, however long that takes, as long as something happens.
 *
 * @remarks
 * Gives up only when the process has ended, or when `progress` has answered the same for `patienceMs`. After two minutes,
 * and each minute from then on, `say` is told how many seconds it has been. Answers how it went: 'ready', 'ended', 'stuck'.
 */
export async function awaitStart(options) {
  const { isReady, hasEnded, progress, say = () => {} } = options;
  const { patienceMs = 10 * minute, sayAfterMs = 2 * minute } = options;
  const { now = Date.now, pause = sleep } = options;
  const started = now();
  let seen;
  let movedAt = started;
  let sayAt = started + sayAfterMs;
  let lookAt = started;
  for (;;) {
    if (await isReady()) return 'ready';
    if (hasEnded()) return 'ended';
    if (now() >= lookAt) {
      const found = await progress();
      if (found !== seen) movedAt = now();
      seen = found;
      lookAt = now() + 5_000;
    }
    if (now() - movedAt >= patienceMs) return 'stuck';
    if (now() >= sayAt) {
      await say(Math.round((now() - started) / 1000));
      sayAt += minute;
    }
    await pause(200);
  }
}

/**
 * What a process has done so far, as a text that changes as long as it gets on: the size of its log, and its processor
 * time in steps of 30 seconds. One that only idles stays below a step in ten minutes.
 */
export async function progressOf({ pid, log }) {
  const size = await stat(log).then(
    found => found.size,
    () => 0,
  );
  const time = await run('ps', ['-o', 'time=', '-p', String(pid)], {
    quiet: true,
  }).catch(() => '');
  return `${size} ${Math.floor(secondsOf(time) / 30)}`;
}

/** Of `[days-]hours:minutes:seconds`, as ps writes it. */
export function secondsOf(text) {
  const [, days = 0, clock = ''] =
    /^(?:(\d+)-)?([\d:.]+)$/.exec(text.trim()) ?? [];
  const ofDay = clock
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return Number(days) * 86_400 + ofDay;
}

function sleep(milliseconds) {
  return new Promise(done => setTimeout(done, milliseconds));
}
