import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflate } from 'node:zlib';
import yauzl from 'yauzl';
import type { PickleFindings } from './pickles';
import { readPickle } from './readPickle';

/** Archives are looked into on disk, up to this size. */
const largestArchive = 8 * 1024 ** 3;
const mostEntries = 10_000;

type Open = () => Promise<{ content: Readable; size: number } | undefined>;

/**
 * The pickles in one file of a model: the file itself, or members of it where it is an archive as PyTorch writes them.
 *
 * @remarks
 * A file counts as a pickle by its name or by its first bytes, packed (gzip, zlib) or not; pickles of the first protocol
 * have neither, and count when they do harm. Archives are copied to a
 * temporary folder, because a ZIP is read from its end.
 */
export async function scanForPickles(
  path: string,
  open: Open,
): Promise<PickleFindings[]> {
  const named =
    /\.(pkl|pickle|p|joblib|pt|pth|ckpt|bin|dill|cloudpickle)$/i.test(path);
  const file = await open();
  if (!file) return [];
  const { first, content } = await peek(file.content, 4);
  if (first.subarray(0, 4).equals(Buffer.from('PK\x03\x04'))) {
    const archive = /\.(pt|pth|ckpt|bin|zip|skops|npz|keras)$/i.test(path);
    if (!archive) {
      content.destroy();
      return [];
    }
    return scanArchive(path, { content, size: file.size });
  }
  const packed = named ? unpackerOf(path, first) : undefined;
  // Weights are often called .bin without being pickles.
  const sure =
    isPickled(first) ||
    packed !== undefined ||
    (named && !/\.bin$/i.test(path));
  const source = packed ? content.pipe(packed) : content;
  content.on('error', error => packed?.destroy(error));
  try {
    return await findingsIn(path, source, sure);
  } finally {
    source.destroy();
    content.destroy();
  }
}

/** Where it is not sure that it is a pickle: it may begin like one by chance, but names what does harm by none. */
async function findingsIn(
  path: string,
  source: AsyncIterable<Buffer>,
  sure: boolean,
): Promise<PickleFindings[]> {
  const found = await readPickle(source);
  const harmful = found.imports.some(
    ({ kind, name }) => kind === 'dangerous' && !name.startsWith('(computed)'),
  );
  return sure || harmful ? [{ path, ...found }] : [];
}

function isPickled(first: Buffer): boolean {
  return first[0] === 0x80 && first[1] >= 2 && first[1] <= 5;
}

async function scanArchive(
  path: string,
  file: { content: Readable; size: number },
): Promise<PickleFindings[]> {
  if (file.size > largestArchive) {
    file.content.destroy();
    return [{ path, imports: [], problem: 'The archive is too large to read' }];
  }
  const folder = await mkdtemp(join(tmpdir(), 'downstage-scan-'));
  try {
    const copy = join(folder, 'archive');
    await pipeline(file.content, createWriteStream(copy));
    return await scanMembers(path, copy);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return [{ path, imports: [], problem }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function scanMembers(
  path: string,
  file: string,
): Promise<PickleFindings[]> {
  const archive = await openArchive(file);
  const findings: PickleFindings[] = [];
  try {
    for (let entries = 0; ; entries++) {
      const entry = await nextEntry(archive);
      if (!entry) return findings;
      if (entries > mostEntries) {
        throw new Error('The archive has too many members');
      }
      if (entry.fileName.endsWith('/')) continue;
      const content = await openEntry(archive, entry);
      findings.push(
        ...(await scanMember(`${path}!${entry.fileName}`, content)),
      );
    }
  } finally {
    archive.close();
  }
}

function openArchive(file: string): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(
      file,
      { lazyEntries: true, autoClose: false },
      (error, archive) => (error ? reject(error) : resolve(archive)),
    );
  });
}

function nextEntry(archive: yauzl.ZipFile): Promise<yauzl.Entry | undefined> {
  return new Promise((resolve, reject) => {
    // One of the three comes; the others of this round must not answer the next.
    const round = new AbortController();
    const listen = (
      name: 'entry' | 'end' | 'error',
      answer: (value: unknown) => void,
    ) => {
      const heard = (value: unknown) => {
        round.abort();
        answer(value);
      };
      const events: NodeJS.EventEmitter = archive;
      events.on(name, heard);
      round.signal.addEventListener('abort', () => events.off(name, heard));
    };
    listen('entry', entry =>
      resolve(entry instanceof yauzl.Entry ? entry : undefined),
    );
    listen('end', () => resolve(undefined));
    listen('error', reject);
    archive.readEntry();
  });
}

function openEntry(
  archive: yauzl.ZipFile,
  entry: yauzl.Entry,
): Promise<Readable> {
  return new Promise((resolve, reject) => {
    archive.openReadStream(entry, (error, stream) =>
      error ? reject(error) : resolve(stream),
    );
  });
}

async function scanMember(
  path: string,
  stream: Readable,
): Promise<PickleFindings[]> {
  const { first, content } = await peek(stream, 2);
  try {
    const sure = isPickled(first) || /\.pkl$/i.test(path);
    return await findingsIn(path, content, sure);
  } finally {
    content.destroy();
    stream.destroy();
  }
}

/** joblib packs what it dumps when it is asked to. */
function unpackerOf(path: string, first: Buffer) {
  if (first[0] === 0x1f && first[1] === 0x8b) return createGunzip();
  if (first[0] === 0x78 && !/\.bin$/i.test(path)) return createInflate();
  return undefined;
}

/** The first bytes of a stream, and the stream with them back in front. */
async function peek(
  stream: Readable,
  length: number,
): Promise<{ first: Buffer; content: Readable }> {
  const content = new PassThrough();
  stream.on('error', error => content.destroy(error));
  content.on('close', () => stream.destroy());
  stream.pipe(content);
  const first = await new Promise<Buffer>((resolve, reject) => {
    const round = new AbortController();
    const on = (name: string, listen: (value: Error) => void) => {
      content.on(name, listen);
      round.signal.addEventListener('abort', () => content.off(name, listen));
    };
    on('readable', () => {
      const bytes: unknown = content.read(length) ?? content.read();
      if (!Buffer.isBuffer(bytes)) return;
      round.abort();
      content.unshift(bytes);
      resolve(bytes);
    });
    on('end', () => {
      round.abort();
      resolve(Buffer.alloc(0));
    });
    on('error', error => {
      round.abort();
      reject(error);
    });
  });
  return { first, content };
}
