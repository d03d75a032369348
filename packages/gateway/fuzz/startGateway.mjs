/* Starts a gateway as a process, in a folder of its own. It serves the models of the kit and of the tests. */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const own = fileURLToPath(new URL('..', import.meta.url));

/**
 * As built, models start without a transform; the gateway itself still needs one here, for its neighbours in the
 * repository are sources.
 */
export const dist = join(own, 'dist/main.cjs.js');
const require = createRequire(import.meta.url);

// Ctrl-C does not reach the gateway's session; the end of this process does.
process.once('SIGINT', () => process.exit(130));

export const columns = ['radius', 'texture', 'count'];
const features = columns.map(name => ({
  name,
  type: name === 'count' ? 'long' : 'double',
}));

export function anEndpoint(endpoint, paths, options = {}) {
  return {
    endpoint,
    model: `model:default/${endpoint}`,
    variants: [
      { name: 'champion', version: paths.length, weight: 100, mode: 'live' },
    ],
    versions: paths.map((path, index) => ({
      version: index + 1,
      path,
      sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
      features: options.features ?? [],
    })),
  };
}

/** A tabular model with a signature: `tumour`, `healthy`, whatever it is called. */
export const tabular = name =>
  anEndpoint(name, [join(own, 'fixtures/logistic-v1.onnx')], { features });
export const fixture = (name, file) =>
  anEndpoint(name, [join(own, 'fixtures', file)]);
export const kitModels = () =>
  readdirSync(join(own, 'conformance/models')).map(name =>
    anEndpoint(name, [join(own, 'conformance/models', name, '1/model.onnx')]),
  );

export async function startGateway({ endpoints, flags = {}, folder, built }) {
  const root = folder ?? mkdtempSync(join(tmpdir(), 'downstage-gateway-'));
  const token = randomUUID();
  mkdirSync(join(root, 'state'), { recursive: true });
  const tokenFile = join(root, 'token');
  let kept = '';
  try {
    kept = readFileSync(tokenFile, 'utf8');
  } catch {
    writeFileSync(tokenFile, token);
  }
  const args = Object.entries({
    port: 0,
    'state-dir': join(root, 'state'),
    'log-dir': join(root, 'predictions'),
    'admin-token-file': tokenFile,
    ...flags,
  }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const started = performance.now();
  // A small heap, so that what is not given back shows; at its start as the portal has it (src/command.ts).
  const child = spawn(
    process.execPath,
    [
      '--max-old-space-size=256',
      '--initial-old-space-size=128',
      ...(built
        ? [
            '--require',
            require.resolve('@backstage/cli/config/nodeTransform.cjs'),
            dist,
          ]
        : [join(own, 'bin/downstage-gateway')]),
      ...args,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      // A session of its own, as the portal starts it: it shares no processor time with its clients.
      detached: true,
      // Access is another matter than the requests themselves.
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        DOWNSTAGE_GATEWAY_OPEN: 'true',
      },
    },
  );
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  const said = [];
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    child.once('exit', code => reject(new Error(`The gateway ended: ${code}`)));
    lines.on('line', line => {
      said.push(line);
      const [found] = /http:\/\/[^" ]+/.exec(line) ?? [];
      if (found) resolve(found);
    });
  });
  const headers = { authorization: `Bearer ${kept || token}` };
  const admin = async (path, init = {}) => {
    const response = await fetch(`${url}/admin/v1/${path}`, {
      headers,
      ...init,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text);
  };
  const put = list =>
    admin('state', {
      method: 'PUT',
      body: JSON.stringify({ endpoints: list }),
    });
  const until = async (wanted, everyMs = 50) => {
    for (;;) {
      const state = await admin('state');
      if (wanted(state.endpoints)) return state;
      await delay(everyMs);
    }
  };
  if (endpoints) {
    await put(endpoints);
    await until(list => list.every(({ active }) => active !== undefined));
  }
  return {
    url,
    root,
    said,
    child,
    admin,
    put,
    until,
    token: kept || token,
    sinceStart: () => performance.now() - started,
    /** Resident memory of the gateway, and of its models with what starts them, in MiB. */
    memory() {
      const others = descendantsOf(child.pid);
      const sum = others.reduce((total, pid) => total + resident(pid), 0);
      return { gateway: resident(child.pid), models: sum };
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill(signal);
        await ended;
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** All that a process started, and what that started. */
export function descendantsOf(ancestor) {
  const all = processes();
  const found = [ancestor];
  for (const pid of found) {
    found.push(
      ...all.filter(({ parent }) => parent === pid).map(each => each.pid),
    );
  }
  return found.slice(1);
}

function processes() {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const parent = text.slice(text.lastIndexOf(')') + 2).split(' ')[1];
        return [{ pid: Number(pid), parent: Number(parent) }];
      } catch {
        return [];
      }
    });
}

function resident(pid) {
  try {
    const pages = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1];
    return (Number(pages) * 4096) / 1024 / 1024;
  } catch {
    return 0;
  }
}
