import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { awaitStart, progressOf, secondsOf } from '../awaitStart.mjs';
import { tail } from '../shell.mjs';

/** A wait whose clock goes only as fast as it pauses. */
function wait({ readyAfter = Infinity, endedAfter = Infinity, progress }) {
  let time = 0;
  const said = [];
  return awaitStart({
    isReady: async () => time >= readyAfter,
    hasEnded: () => time >= endedAfter,
    progress: async () => progress(time),
    say: seconds => said.push(seconds),
    now: () => time,
    pause: async milliseconds => {
      time += milliseconds;
    },
  }).then(outcome => ({ outcome, said, seconds: time / 1000 }));
}

it('waits five hours for a portal that writes a line every nine minutes', async () => {
  const { outcome, said } = await wait({
    readyAfter: 5 * 3_600_000,
    progress: time => Math.floor(time / (9 * 60_000)),
  });
  assert.equal(outcome, 'ready');
  assert.deepEqual(said.slice(0, 3), [120, 180, 240]);
});

it('gives up when nothing has happened for ten minutes', async () => {
  const { outcome, seconds } = await wait({
    progress: time => Math.min(time, 60_000),
  });
  assert.equal(outcome, 'stuck');
  assert.ok(seconds >= 660 && seconds < 670, `after ${seconds} s`);
});

it('gives up at once when the process has ended', async () => {
  const { outcome, said, seconds } = await wait({
    endedAfter: 3_000,
    progress: () => 0,
  });
  assert.deepEqual(
    { outcome, said, seconds },
    {
      outcome: 'ended',
      said: [],
      seconds: 3,
    },
  );
});

it('takes a growing log for progress, and an unchanged one for none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'downstage-progress-'));
  const log = join(folder, 'portal.log');
  const look = () => progressOf({ pid: process.pid, log });
  const before = await look();
  await writeFile(log, 'a line\n');
  const after = await look();
  assert.notEqual(after, before);
  await rm(folder, { recursive: true });
});

it('reads the processor time as ps writes it', () => {
  for (const [text, seconds] of [
    ['00:00:07\n', 7],
    ['01:02:03', 3723],
    ['2-00:00:01', 172801],
    ['  0:05.30', 5.3],
    ['', 0],
  ]) {
    assert.equal(secondsOf(text), seconds, text);
  }
});

it('shows the last lines of this run only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'downstage-tail-'));
  const log = join(folder, 'portal.log');
  const before = 'Grüße from the run before\n';
  await writeFile(log, `${before}one\ntwo\nthree`);
  const from = Buffer.byteLength(before);
  assert.equal(await tail(log, 25, { from }), 'one\ntwo\nthree');
  assert.equal(await tail(log, 2, { from }), 'two\nthree');
  await rm(folder, { recursive: true });
});
