import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../postgres.mjs';
import { root } from '../shell.mjs';

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'downstage-options-'));
  await writeFile(join(folder, 'file'), 'mine');
});
after(() => rm(folder, { recursive: true, force: true }));

/** What `npm start -- …` answers that has nothing to start. */
async function start(args, env = {}) {
  const child = spawn(process.execPath, ['scripts/start.mjs', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], out, err] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, out, err };
}

/** In the folder of this test. */
const at = name => join(folder, name);

describe('npm start (walk, section 6)', () => {
  for (const [title, args, sentence, env] of [
    ['an option that it does not know', ['--prot'], "'--prot' is not"],
    ['a port without its name, as npm passes it', ['7537'], "'7537' is not"],
    ['a switch with a value', ['--empty=yes'], "'--empty=yes' is not"],
    ['an option without its value', ['--port'], '--port needs a value.'],
    ['a port that is a word', ['--port', 'abc'], "'abc' is not a port"],
    ['a port that is too high', ['--port=99999'], "'99999' is not a port"],
    [
      'a port for the gateway that is none',
      [],
      "DOWNSTAGE_GATEWAY_PORT: '7008.5' is not a port",
      { DOWNSTAGE_GATEWAY_PORT: '7008.5' },
    ],
    [
      'one port for both',
      ['--port', '7007'],
      'Portal and gateway cannot both listen on port 7007.',
      { DOWNSTAGE_GATEWAY_PORT: '7007' },
    ],
    [
      'a file for a folder of data',
      () => ['--data-dir', at('file')],
      /file is a file, not a folder for data\./,
    ],
  ]) {
    it(`refuses ${title} in a sentence, and starts nothing`, async () => {
      const given = typeof args === 'function' ? args() : args;
      const dataDir = given.includes('--data-dir')
        ? []
        : ['--data-dir', at('untouched')];
      const { code, out, err } = await start([...dataDir, ...given], env);
      assert.equal(code, 1);
      assert.equal(out, '');
      if (sentence instanceof RegExp) assert.match(err, sentence);
      else assert.ok(err.includes(sentence), err);
      assert.doesNotMatch(err, / at .*\.mjs:\d+/);
      assert.deepEqual(
        (await readdir(folder)).filter(name => name === 'untouched'),
        [],
      );
    });
  }

  it('refuses an address that is none in a sentence', async () => {
    const { code, out, err } = await start(
      ['--port', String(await freePort()), '--data-dir', at('data')],
      {
        DOWNSTAGE_GATEWAY_PORT: String(await freePort()),
        DOWNSTAGE_BASE_URL: 'portal.example',
      },
    );
    assert.deepEqual({ code, out }, { code: 1, out: '' });
    assert.ok(
      err.includes(
        "DOWNSTAGE_BASE_URL: 'portal.example' is not the address of a portal",
      ),
      err,
    );
  });

  it('leaves a file alone that stands where the data should', async () => {
    await start(['--data-dir', at('file')]);
    assert.equal(await readFile(at('file'), 'utf8'), 'mine');
  });

  it('explains itself when asked, and names every option', async () => {
    const { code, out, err } = await start(['--help']);
    assert.deepEqual({ code, err }, { code: 0, err: '' });
    for (const name of ['--port', '--data-dir', '--empty'])
      assert.match(out, new RegExp(`^ {2}${name} `, 'm'));
  });
});
