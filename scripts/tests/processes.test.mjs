import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  mkdtemp,
  readFile,
  readdir,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from '../processes.mjs';

const hasProc = existsSync('/proc/self/environ');
const postgres = await readdir('/usr/lib/postgresql').catch(() => []);
let top;
before(async () => {
  top = await mkdtemp(join(tmpdir(), 'downstage-processes-'));
  // PostgreSQL has to find its folder below, as another user where this one is root.
  await chmod(top, 0o755);
});
after(() => rm(top, { recursive: true, force: true }));

/**
 * A command with a folder of its own, which starts: a process that ends in order and says whether its folder was there
 * then; one that is deaf to SIGTERM; one that leaves its starter's group, as jobs and gateways do; PostgreSQL.
 */
async function start(body = '') {
  const folder = await mkdtemp(join(top, 'run-'));
  const said = `${folder}-said`;
  const script = `
    import { existsSync, writeFileSync } from 'node:fs';
    import { atTheEnd, startProcess } from '${join(
      import.meta.dirname,
      '../processes.mjs',
    )}';
    import { startPostgres } from '${join(
      import.meta.dirname,
      '../postgres.mjs',
    )}';
    const folder = ${JSON.stringify(folder)};
    process.env.DOWNSTAGE_TEST_RUN = folder;
    atTheEnd({ folder, say: () => console.log('ENDING') });
    const run = (text, options) =>
      startProcess(process.execPath, ['-e', text], {
        stdio: ['ignore', 'inherit', 'inherit'],
        ...options,
      });
    run(\`
      process.on('SIGTERM', () => {
        const there = require('node:fs').existsSync(process.env.DOWNSTAGE_TEST_RUN);
        require('node:fs').writeFileSync('${said}', there ? 'ended before its folder' : 'ended after its folder');
        process.exit();
      });
      console.log('PID ' + process.pid);
      setInterval(() => {}, 1e6);
    \`);
    run(\`
      const { spawn } = require('node:child_process');
      const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { detached: true, stdio: 'ignore' });
      console.log('PID ' + left.pid);
      console.log('PID ' + process.pid);
      setInterval(() => {}, 1e6);
    \`);
    ${
      postgres.length
        ? `await startPostgres(folder + '/postgres');
    console.log('PID ' + (await import('node:fs')).readFileSync(folder + '/postgres/data/postmaster.pid', 'utf8').split('\\n')[0]);`
        : `console.log('PID ' + process.pid);`
    }
    ${body}
    console.log('ALL');
    setInterval(() => {}, 1e6);
  `;
  const file = `${folder}.mjs`;
  await writeFile(file, script);
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let complaints = '';
  child.stdout.on('data', chunk => {
    output += chunk;
  });
  child.stderr.on('data', chunk => {
    complaints += chunk;
  });
  const ended = new Promise(done => child.once('close', done));
  let gone = false;
  ended.then(() => {
    gone = true;
  });
  await until(() => {
    assert.ok(!gone, `it ended early: ${output}${complaints}`);
    return /^ALL$/m.test(output) && pidsOf(output).length >= 4;
  });
  return {
    child,
    folder,
    said,
    ended,
    pids: pidsOf(output),
    output: () => output,
    complaints: () => complaints,
  };
}

const pidsOf = output =>
  [...output.matchAll(/^PID (\d+)$/gm)].map(([, pid]) => Number(pid));

async function until(holds) {
  // Far beyond what it takes anywhere: a limit for a hang, not a verdict.
  const end = Date.now() + 10 * 60_000;
  while (!holds()) {
    assert.ok(Date.now() < end, 'waited in vain');
    await pause(20);
  }
}

describe('what a command started ends with it', () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    it(`at ${signal}: every process first, its folder afterwards`, async () => {
      const run = await start();
      assert.ok(run.pids.every(isAlive));
      run.child.kill(signal);
      assert.equal(await run.ended, code, run.complaints());
      assert.match(run.output(), /ENDING/);
      assert.deepEqual(run.pids.filter(isAlive), []);
      assert.ok(!existsSync(run.folder), 'the folder is still there');
      assert.equal(await readFile(run.said, 'utf8'), 'ended before its folder');
    });
  }

  it('at an exception in the middle, which it shows', async () => {
    const run = await start(
      `setTimeout(() => { throw new Error('in the middle'); }, 300);`,
    );
    assert.equal(await run.ended, 1);
    assert.match(run.complaints(), /in the middle/);
    assert.deepEqual(run.pids.filter(isAlive), []);
    assert.ok(!existsSync(run.folder), 'the folder is still there');
  });

  it(
    'at kill -9, by the process that watches over its folder',
    { skip: !hasProc && 'this system has no /proc' },
    async () => {
      const run = await start();
      run.child.kill('SIGKILL');
      await until(() => !run.pids.some(isAlive) && !existsSync(run.folder));
    },
  );

  it('starts nothing more once it is ending', async () => {
    const run = await start(
      `process.on('SIGTERM', () => {
        try { startProcess('true', []); } catch (error) { console.log('REFUSED ' + error.message); }
      });`,
    );
    run.child.kill('SIGTERM');
    await run.ended;
    assert.match(run.output(), /REFUSED 'true' is not started/);
  });
});
