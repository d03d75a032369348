import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  isOwnGateway,
  prepareDataDir,
  readBaseUrl,
  readLocalUrl,
  readPort,
  refuseTakenPort,
  welcome,
} from '../startOptions.mjs';

const isRoot = process.getuid?.() === 0;
/** A user who owns nothing. */
const nobody = 65534;
let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'downstage-start-'));
});
after(() => rm(folder, { recursive: true, force: true }));

describe('the data folder', () => {
  it('is made with every folder above it, and says which format it holds', async () => {
    const dataDir = join(folder, 'a new', 'data dir');
    await prepareDataDir(dataDir);
    assert.deepEqual(await readdir(dataDir), ['version.json']);
    assert.equal(
      await readFile(join(dataDir, 'version.json'), 'utf8'),
      '{"format":1}\n',
    );
    await prepareDataDir(dataDir);
  });

  it('is refused in a sentence where it is a file', async () => {
    const file = join(folder, 'file');
    await writeFile(file, 'mine');
    await assert.rejects(prepareDataDir(file), {
      name: 'Refusal',
      message: `${file} is a file, not a folder for data.`,
    });
    await assert.rejects(prepareDataDir(join(file, 'below')), {
      message: `The folder ${file}/below for data cannot be made: a folder above it is a file.`,
    });
    assert.equal(await readFile(file, 'utf8'), 'mine');
  });

  it(
    'is refused at once below /proc, where Node would look for a parent for ever',
    { skip: !existsSync('/proc/self') && 'this system has no /proc' },
    async () => {
      await assert.rejects(prepareDataDir('/proc/x/y'), {
        message: 'The folder /proc/x/y for data cannot be made in that place.',
      });
    },
  );

  it('is refused in a sentence where this user may not write', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed);
    await chmod(closed, 0o555);
    // Root may write everywhere: there, it is looked at as somebody else.
    await chmod(folder, 0o755);
    if (isRoot) process.seteuid(nobody);
    try {
      for (const dataDir of [closed, join(closed, 'below')]) {
        await assert.rejects(prepareDataDir(dataDir), {
          message: `The folder ${dataDir} for data may not be written by this user.`,
        });
      }
    } finally {
      if (isRoot) process.seteuid(0);
    }
  });

  it('of a newer version is refused and left alone', async () => {
    const dataDir = join(folder, 'newer');
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'version.json'), '{"format":2}');
    await assert.rejects(prepareDataDir(dataDir), /format 2; this one knows 1/);
    assert.deepEqual(await readdir(dataDir), ['version.json']);
  });

  it('whose version cannot be read is refused, not taken for a new one', async () => {
    const dataDir = join(folder, 'broken');
    await mkdir(dataDir);
    for (const text of ['', '{"for', 'null', '{"format":"1"}']) {
      await writeFile(join(dataDir, 'version.json'), text);
      await assert.rejects(
        prepareDataDir(dataDir),
        /does not say which version wrote the data/,
      );
    }
  });
});

describe('ports', () => {
  it('are whole numbers that leave room for the gateway', () => {
    assert.equal(readPort('7007'), 7007);
    assert.equal(readPort('65535', { highest: 65535 }), 65535);
    for (const text of ['', 'abc', '0', '-1', '7e3', '0x10', '70.5', '65535']) {
      assert.throws(() => readPort(text), { name: 'Refusal' });
    }
    assert.throws(() => readPort('x', { name: 'DOWNSTAGE_GATEWAY_PORT' }), {
      message:
        "DOWNSTAGE_GATEWAY_PORT: 'x' is not a port (expected a number from 1 to 65534).",
    });
  });

  it('that are taken are refused with what needs them, unless it is our own gateway', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise(done => server.once('listening', done));
    const { port } = server.address();
    await assert.rejects(
      refuseTakenPort(port, { of: ', which the gateway needs,', remedy: 'r' }),
      {
        message: `Port ${port}, which the gateway needs, is taken by another program.`,
        remedy: 'r',
      },
    );
    const dataDir = join(folder, 'with-gateway');
    await mkdir(join(dataDir, 'gateway'), { recursive: true });
    assert.equal(await isOwnGateway(dataDir, port), false);
    const told = { pid: process.pid, url: `http://127.0.0.1:${port}` };
    await writeFile(
      join(dataDir, 'gateway/gateway.json'),
      JSON.stringify(told),
    );
    assert.equal(await isOwnGateway(dataDir, port), true);
    assert.equal(await isOwnGateway(dataDir, port + 1), false);
    await new Promise(done => server.close(done));
    await refuseTakenPort(port, { remedy: '' });
  });
});

describe('the address', () => {
  const cases = [
    [{}, 'http://localhost:7007', 'http://localhost:7007'],
    [{ host: '127.0.0.1' }, 'http://localhost:7007', 'http://localhost:7007'],
    [{ host: '0.0.0.0' }, 'http://lab-3:7007', 'http://localhost:7007'],
    [{ host: '::' }, 'http://lab-3:7007', 'http://localhost:7007'],
    [{ host: '10.1.2.3' }, 'http://10.1.2.3:7007', 'http://10.1.2.3:7007'],
    [{ host: 'fd00::1' }, 'http://[fd00::1]:7007', 'http://[fd00::1]:7007'],
    [
      { host: '0.0.0.0', baseUrl: 'https://ml.example.com/' },
      'https://ml.example.com',
      'http://localhost:7007',
    ],
  ];
  for (const [given, others, here] of cases) {
    it(`of ${JSON.stringify(
      given,
    )} is ${others} for others and ${here} on this machine`, () => {
      assert.equal(
        readBaseUrl({ port: 7007, name: 'lab-3', ...given }),
        others,
      );
      assert.equal(readLocalUrl({ port: 7007, host: given.host }), here);
    });
  }

  it('is refused where it is none', () => {
    for (const baseUrl of ['portal', 'ftp://portal', 'http://portal/path']) {
      assert.throws(() => readBaseUrl({ port: 7007, baseUrl }), {
        name: 'Refusal',
      });
    }
  });
});

describe('the first words of a portal', () => {
  const baseUrl = 'http://localhost:7007';
  const said = empty =>
    welcome({ baseUrl, empty, logFile: '/data/portal.log' });

  it('promise the example model only where it will be trained (walk, section 6)', () => {
    const model = `${baseUrl}/catalog/default/model/tumour-malignancy`;
    assert.ok(said(false).includes(model));
    assert.match(said(false), /the example model, as soon as it is trained/);
    assert.doesNotMatch(said(false), /nothing in it yet/);
    assert.doesNotMatch(said(true), /tumour-malignancy|example model/);
    assert.match(said(true), /nothing in it yet but the people/);
  });

  it('say where to begin, where the log is and how it ends', () => {
    for (const text of [said(true), said(false)]) {
      assert.ok(text.includes(`Downstage is at ${baseUrl}\n`));
      assert.ok(text.includes(`${baseUrl}/create `));
      assert.ok(text.includes(`${baseUrl}/api/ml-registry/mlflow\n`));
      assert.match(text, /Log: \/data\/portal\.log\n {2}Ctrl-C stops/);
    }
  });
});
