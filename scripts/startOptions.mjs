// What `npm start` checks before it does anything: ports, addresses, the data folder. Each refusal is a sentence and a remedy.
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect, isIP } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isAlive } from './processes.mjs';

const dataFormat = 1;

/** Why a start is refused, and what to do about it. */
export class Refusal extends Error {
  constructor(sentence, remedy = '') {
    super(sentence);
    this.name = 'Refusal';
    this.remedy = remedy;
  }
}

/** A port whose neighbour is one too: the gateway takes that. */
export function readPort(text, { name = '', highest = 65534 } = {}) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= highest) return value;
  throw new Refusal(
    `${
      name && `${name}: `
    }'${text}' is not a port (expected a number from 1 to ${highest}).`,
  );
}

/**
 * The address that people and programs use, of DOWNSTAGE_BASE_URL or by the host that the portal listens on.
 *
 * @remarks
 * A portal that listens on every address is known by the machine's name. The pages work under any name; what the portal
 * itself writes into links, notifications and sign-ins is this one.
 */
export function readBaseUrl({ port, host, baseUrl, name = hostname() }) {
  if (baseUrl) {
    const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/') {
      throw new Refusal(
        `DOWNSTAGE_BASE_URL: '${baseUrl}' is not the address of a portal (expected http or https, a name, perhaps a port, no path).`,
        'For example: DOWNSTAGE_BASE_URL=http://portal.example:7007',
      );
    }
    return url.origin;
  }
  return isEverywhere(host)
    ? addressOf(name, port)
    : readLocalUrl({ port, host });
}

/** The address by which this machine itself reaches a portal that listens on `host`. */
export function readLocalUrl({ port, host }) {
  const here = !host || isEverywhere(host) || /^127\.|^::1$/.test(host);
  return addressOf(here ? 'localhost' : host, port);
}

/** What a start says when the portal is there. An empty portal trains no example model, and none is promised. */
export function welcome({ baseUrl, empty, logFile }) {
  const line = (path, what) =>
    `    ${`${baseUrl}${path}`.padEnd(50)}  ${what}\n`;
  return `
  Downstage is at ${baseUrl}

  Enter as Ann Ito, a data scientist, and try first:
${line('/create', 'a model of your own, from a template')}${
    empty
      ? ''
      : line(
          '/catalog/default/model/tumour-malignancy',
          'the example model, as soon as it is trained',
        )
  }    export MLFLOW_TRACKING_URI=${baseUrl}/api/ml-registry/mlflow
${
  empty
    ? '\n  There is nothing in it yet but the people, the data sets and the template.\n'
    : ''
}
  Log: ${logFile}
  Ctrl-C stops the portal, its jobs and its gateway; the next start goes on where they were.

`;
}

const isEverywhere = host => ['0.0.0.0', '::'].includes(host);

function addressOf(name, port) {
  return `http://${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
}

/** Refuses a port that another program has. */
export async function refuseTakenPort(port, { remedy, of = '' }) {
  const taken = await new Promise(done => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
  if (taken)
    throw new Refusal(`Port ${port}${of} is taken by another program.`, remedy);
}

/** Whether the gateway that an earlier start left behind answers on this port: the portal takes it over. */
export async function isOwnGateway(dataDir, port) {
  const file = join(dataDir, 'gateway', 'gateway.json');
  const found = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
  return (
    URL.canParse(found?.url) &&
    Number(new URL(found.url).port) === port &&
    isAlive(found.pid)
  );
}

/**
 * Makes the data folder and proves that it can be written to.
 *
 * @remarks
 * It goes folder by folder, not `recursive`. Below /proc, the system answers that the parent of a folder that it just
 * saw does not exist. Node never comes back there. A newer version's data is left alone: an older portal could damage it.
 */
export async function prepareDataDir(dataDir) {
  const other = 'Use another folder: npm start -- --data-dir other-folder';
  const found = await stat(dataDir).catch(error => error);
  if (!(found instanceof Error) && !found.isDirectory())
    throw new Refusal(`${dataDir} is a file, not a folder for data.`, other);
  const file = join(dataDir, 'version.json');
  try {
    await makeFolder(dataDir);
    const probe = join(dataDir, `.writable-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    throw new Refusal(
      `The folder ${dataDir} for data ${reasonOf(error)}.`,
      error.code === 'EACCES' || error.code === 'EPERM'
        ? `Give this user the right to write there, or use another folder: npm start -- --data-dir other-folder`
        : other,
    );
  }
  const text = await readFile(file, 'utf8').catch(error => {
    if (error.code === 'ENOENT') return undefined;
    throw new Refusal(`${file} cannot be read (${error.code}).`, other);
  });
  if (text === undefined) {
    await writeFile(
      `${file}.tmp`,
      `${JSON.stringify({ format: dataFormat })}\n`,
    );
    await rename(`${file}.tmp`, file);
    return;
  }
  const { format } = parse(text);
  if (!Number.isInteger(format)) {
    throw new Refusal(
      `${file} does not say which version wrote the data (expected {"format": ${dataFormat}}).`,
      other,
    );
  }
  if (format > dataFormat) {
    throw new Refusal(
      `The data in ${dataDir} was written by a newer version (format ${format}; this one knows ${dataFormat}).`,
      'Update the portal, or use another folder: npm start -- --data-dir other-folder',
    );
  }
}

async function makeFolder(path) {
  const found = await stat(path).catch(error => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isDirectory()) return;
  if (found) throw Object.assign(new Error(path), { code: 'ENOTDIR' });
  await makeFolder(dirname(path));
  await mkdir(path).catch(error => {
    if (error.code !== 'EEXIST') throw error;
  });
}

function reasonOf({ code, message }) {
  const reasons = {
    EACCES: 'may not be written by this user',
    EPERM: 'may not be written by this user',
    EROFS: 'lies on a disk that cannot be written to',
    ENOSPC: 'lies on a disk that is full',
    ENOTDIR: 'cannot be made: a folder above it is a file',
    ENOENT: 'cannot be made in that place',
    ENAMETOOLONG: 'has a name that is too long',
    ELOOP: 'is a symbolic link that leads to itself',
  };
  return reasons[code] ?? `cannot be used (${code ?? message})`;
}

function parse(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
