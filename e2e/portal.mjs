// What the end-to-end tests share: a portal of their own that may be killed and started again, people, bounded waits.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { isAlive, startProcess } from '../scripts/processes.mjs';
import { fail, root } from '../scripts/shell.mjs';

export { isAlive };

export const second = 1_000;
export const minute = 60 * second;

/**
 * A portal on a data directory, without the example company. It can be killed as a crash does and started again on
 * the same ports and data. Ends no process but those it knows by number.
 */
export async function portalOn({ node, dataDir, environment = {} }) {
  const port = await freePortPair();
  let child;
  let backendPid;
  const portal = {
    url: `http://localhost:${port}`,
    gatewayUrl: `http://127.0.0.1:${port + 1}`,
    dataDir,
    get isUp() {
      return child !== undefined;
    },
    async start() {
      child = startProcess(
        node,
        [
          join(root, 'scripts/start.mjs'),
          ...['--port', String(port)],
          ...['--data-dir', dataDir],
          '--empty',
        ],
        // It ends its portal itself, in order.
        {
          ...{ cwd: root, stdio: ['ignore', 'pipe', 'pipe'], alone: true },
          env: { ...process.env, ...environment },
        },
      );
      const starting = child;
      let said = '';
      const up = new Promise((done, reject) => {
        const hear = chunk => {
          said = (said + chunk).slice(-8_000);
          if (said.includes('Downstage is at')) done();
        };
        starting.stdout.on('data', hear);
        starting.stderr.on('data', hear);
        starting.once('exit', code => {
          reject(new Error(`The portal ended with ${code}:\n${said}`));
        });
      });
      // The start command knows when to give up: when nothing happens, not when the machine is slow.
      try {
        await up;
      } catch (error) {
        child = undefined;
        throw error;
      }
      backendPid = Number(await readFile(join(dataDir, 'portal.pid'), 'utf8'));
    },
    /** What a power cut does to the portal's process; resolves when its start command has ended too. */
    async kill() {
      const ended = new Promise(done => child.once('exit', done));
      process.kill(backendPid, 'SIGKILL');
      await within(minute, ended, 'the end of the start command');
      child = undefined;
    },
    /** The same to one that is still starting, this long after its process came to be; it is down afterwards. */
    async killWhileStarting(afterMs) {
      const before = backendPid;
      let over = false;
      const starting = portal.start().then(
        () => true,
        () => false,
      );
      starting.then(() => {
        over = true;
      });
      const file = join(dataDir, 'portal.pid');
      await until('the process of the portal', async () => {
        const pid = Number(await readFile(file, 'utf8').catch(() => ''));
        if (pid && pid !== before) backendPid = pid;
        return over || backendPid !== before;
      });
      await pause(afterMs);
      if (over && (await starting)) return portal.kill();
      if (!over) process.kill(backendPid, 'SIGKILL');
      if (await starting) return portal.kill();
      return undefined;
    },
    /** Ctrl-C to a start command whose portal has a process and is not up yet; answers the number of that process. */
    async interruptWhileStarting() {
      const before = backendPid;
      const file = join(dataDir, 'portal.pid');
      const starting = portal.start().catch(() => {});
      const starter = child;
      const ended = new Promise(done => starter.once('exit', done));
      const pid = await until('the process of the portal', async () => {
        const found = Number(await readFile(file, 'utf8').catch(() => ''));
        return found && found !== before ? found : undefined;
      });
      starter.kill('SIGINT');
      await within(minute, ended, 'the end of the start command');
      await starting;
      child = undefined;
      return pid;
    },
    /** The end of the start command alone; the portal it started is left behind. */
    async killStarter() {
      const ended = new Promise(done => child.once('exit', done));
      child.kill('SIGKILL');
      await within(minute, ended, 'the end of the start command');
      child = undefined;
    },
    /** Ctrl-C. */
    async stop() {
      const ended = new Promise(done => child.once('exit', done));
      child.kill('SIGINT');
      await within(minute, ended, 'the end of the portal');
      child = undefined;
    },
    backendPid: () => backendPid,
    complaints: () => complaintsIn(join(dataDir, 'logs/portal.log')),
    /** The number of the gateway's process, or undefined before there was one. */
    gatewayPid: () =>
      readFile(join(dataDir, 'gateway/gateway.json'), 'utf8').then(
        text => JSON.parse(text).pid,
        () => undefined,
      ),
  };
  return portal;
}

/** Ends with a sentence where no portal answers: what follows would fail in the middle of something. */
export async function requirePortal(url) {
  const health = '/.backstage/health/v1/readiness';
  const answers =
    URL.canParse(url) &&
    (await fetch(new URL(health, url)).then(
      ({ ok }) => ok,
      () => false,
    ));
  if (!answers) {
    fail(
      `No portal answers at '${url}'.`,
      'Start one with npm start, and give its address: http://localhost:7007',
    );
  }
}

/** The last warnings and errors of a log. */
export async function complaintsIn(file) {
  const text = await readFile(file, 'utf8').catch(() => '');
  return stripVTControlCharacters(text)
    .split('\n')
    .filter(line => /\b(error|warn)\b/i.test(line))
    .slice(-15)
    .join('\n');
}

/** Somebody signed in: calls the portal with their own token. */
export function person(url, entityRef) {
  let token;
  const signIn = async () => {
    token ??= await until(`the sign-in of ${entityRef}`, async () => {
      const response = await fetch(`${url}/api/auth/example/refresh`, {
        headers: { 'x-example-person': entityRef },
      });
      // People are read from a file a moment after the start.
      if (!response.ok) return undefined;
      return (await response.json()).backstageIdentity.token;
    });
    return token;
  };
  const call = async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await signIn()}`,
        ...(body &&
          typeof body !== 'string' && { 'content-type': 'application/json' }),
      },
      body: typeof body === 'string' ? body : body && JSON.stringify(body),
    });
    const text = await response.text();
    if (response.ok) return text ? JSON.parse(text) : {};
    throw Object.assign(
      new Error(`${method} ${path} answered ${response.status}: ${text}`),
      { status: response.status },
    );
  };
  return {
    token: signIn,
    get: path => call('GET', path),
    post: (path, body = {}) => call('POST', path, body),
    /** Text goes as it is, such as the file of a model. */
    put: (path, body) => call('PUT', path, body),
    patch: (path, body) => call('PATCH', path, body),
    /** The answer, or undefined where there is nothing yet. */
    find: path =>
      call('GET', path).catch(error => {
        if (error.status === 404) return undefined;
        throw error;
      }),
  };
}

/**
 * How many times longer than on a machine at rest it may take. A limit ends a test that hangs; whether a test passes must
 * not depend on what else the machine does.
 */
export const patience = Number(process.env.DOWNSTAGE_TEST_PATIENCE ?? 6);

/**
 * Looks until there is an answer that is not empty; gives up after `limit`, which is that of a machine at rest. `what` may be
 * a function that also says what was seen last.
 */
export async function until(what, look, atRest = 2 * minute, every = 500) {
  const limit = atRest * patience;
  const end = Date.now() + limit;
  for (;;) {
    const value = await look();
    if (value) return value;
    if (Date.now() > end) {
      const waited = typeof what === 'function' ? what() : what;
      throw new Error(`Waited ${limit / second} s for ${waited}`);
    }
    await pause(every);
  }
}

async function within(atRest, promise, what) {
  const limit = atRest * patience;
  const timer = new AbortController();
  const late = pause(limit, undefined, { signal: timer.signal }).then(
    () => Promise.reject(new Error(`Waited ${limit / second} s for ${what}`)),
    () => undefined,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}

/** A port for the portal whose neighbour, the gateway's, is free too. */
async function freePortPair() {
  const listen = port =>
    new Promise((done, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => done(server));
    });
  for (let tries = 0; tries < 20; tries += 1) {
    const first = await listen(0);
    const { port } = first.address();
    const next = await listen(port + 1).catch(() => undefined);
    await Promise.all(
      [first, next].map(
        server => server && new Promise(done => server.close(done)),
      ),
    );
    if (next) return port;
  }
  throw new Error('No two free neighbouring ports were found');
}
