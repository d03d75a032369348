import {
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeLogStore } from '@downstage/plugin-ml-jobs-node/testUtils';
import { Secrets } from '../domain/secrets';
import { FileLogStore } from './FileLogStore';

const none = new Secrets([]);
const newFolder = () => mkdtemp(join(tmpdir(), 'job-log-'));

describeLogStore('files', async ({ mostBytes }) => {
  const folder = await newFolder();
  const create = () => new FileLogStore({ folder, secrets: none, mostBytes });
  return {
    store: create(),
    reopened: async () => create(),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('FileLogStore', () => {
  let folder: string;
  const log = { jobId: 'job1', attempt: 1 };
  const whole = { offset: 0, limit: 10_000 };

  beforeEach(async () => {
    folder = await newFolder();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('continues a piece that a crash cut short, wherever it was cut', async () => {
    const mostBytes = 200;
    const text = `${'a'.repeat(100)}${'b'.repeat(200)}`;
    for (let cut = 100; cut <= mostBytes; cut += 7) {
      const name = { jobId: `job-${cut}`, attempt: 1 };
      const store = new FileLogStore({ folder, secrets: none, mostBytes });
      await store.append(name, { offset: 0, bytes: Buffer.from(text) });
      const before = await store.read(name, whole);
      await truncate(store.fileOf(name).path, cut);
      const { size } = await store.end(name);
      await store.append(name, {
        offset: size,
        bytes: Buffer.from(text).subarray(size),
      });
      expect(await store.read(name, whole)).toEqual(before);
    }
  });

  it('reads over the files of a long log as one, and hides a secret that two of them share', async () => {
    const secret = `dst_${'z'.repeat(40)}`;
    const store = new FileLogStore({ folder, secrets: none });
    const job = { jobId: 'long' };
    const { path } = store.fileOf(job);
    await mkdir(join(folder, 'long'));
    await writeFile(path, 'head\n');
    await writeFile(`${path}.100`, `tail ü ${secret.slice(0, 10)}`);
    const next = 100 + Buffer.byteLength(`tail ü ${secret.slice(0, 10)}`);
    await writeFile(`${path}.${next}`, `${secret.slice(10)} end\n`);
    const pieces = [];
    for (let offset = 0; ; ) {
      const piece = await store.read(job, { offset, limit: 6 });
      if (!piece.text) break;
      pieces.push(piece.text);
      offset = piece.nextOffset;
    }
    expect(pieces.join('')).toBe(
      `head\n[downstage] 95 bytes of the log are left out here\ntail ü ${'*'.repeat(
        44,
      )} end\n`,
    );
    // Somebody who was in the middle of what was removed goes on behind it.
    expect(await store.read(job, { offset: 50, limit: 6 })).toMatchObject({
      text: '[downstage] 95 bytes of the log are left out here\n',
      nextOffset: 100,
    });
    await store.fileOf(job).write('Ended: Cancelled');
    const { size } = await store.end(job);
    expect(await store.read(job, { offset: -7, limit: 100 })).toMatchObject({
      text: 'celled\n',
      nextOffset: size,
    });
  });

  it('takes so many bytes of a job over all attempts and workers, and says so in each log', async () => {
    const mostBytes = 1_000;
    const store = new FileLogStore({ folder, secrets: none, mostBytes });
    const bytes = Buffer.alloc(400, 'x');
    const notice =
      '\n[downstage] The logs of the job are longer than 1000 bytes together; the rest is not kept\n';
    const logs = [1, 2, 3, 4].map(attempt => ({
      ...{ jobId: 'job1', attempt },
      worker: { role: 'worker', rank: attempt },
    }));
    const ends = [];
    for (const each of logs) {
      await store.append(each, { offset: 0, bytes });
      ends.push(await store.end(each));
    }
    expect(ends).toEqual([
      { size: 400, isFull: false },
      { size: 400, isFull: false },
      { size: 200 + notice.length, isFull: true },
      { size: notice.length, isFull: true },
    ]);
    const [first, , third, last] = logs;
    expect((await store.read(last, whole)).text).toBe(notice);
    // A sender that goes on is told the same, and nothing grows.
    const more = { offset: 400, bytes };
    expect(await store.append(third, more)).toEqual(ends[2]);
    expect(await store.append(last, more)).toEqual(ends[3]);
    await store.append(first, more);
    const after = await store.append(first, { offset: 800, bytes });
    expect(after).toEqual({ size: 400 + notice.length, isFull: true });
    // The log of another job has its own bound.
    const other = { jobId: 'job2', attempt: 1 };
    expect(await store.append(other, { offset: 0, bytes })).toEqual({
      ...{ size: 400, isFull: false },
    });
  });

  it('reads the log of a job that an earlier version has written', async () => {
    await mkdir(join(folder, 'job1'));
    await writeFile(join(folder, 'job1', 'log.txt'), 'all attempts\n');
    const store = new FileLogStore({ folder, secrets: none });
    const { text } = await store.read({ jobId: 'job1' }, whole);
    expect(text).toBe('all attempts\n');
  });

  it('hides secrets that two pieces share, and is for the portal alone', async () => {
    const store = new FileLogStore({
      folder,
      secrets: new Secrets(['hunter22']),
    });
    await store.append(log, { offset: 0, bytes: Buffer.from('x hunt') });
    await store.append(log, { offset: 6, bytes: Buffer.from('er22 y') });
    expect((await store.read(log, whole)).text).toBe('x ******** y');
    expect((await stat(store.fileOf(log).path)).mode % 0o1000).toBe(0o600);
  });

  it('shows no part of a secret whose rest is still to come, wherever a piece ends', async () => {
    const token = `dsjob_${'x'.repeat(30)}`;
    const secret = 'hunter22-grüße';
    const bytes = Buffer.from(`a ${secret} b ${token} end`);
    const hidden = `a ${'*'.repeat(16)} b ${'*'.repeat(36)} end`;
    const secrets = new Secrets([secret]);
    for (let cut = 1; cut < bytes.length; cut++) {
      const store = new FileLogStore({ folder, secrets });
      const name = { jobId: `cut-${cut}`, attempt: 1 };
      await store.append(name, { offset: 0, bytes: bytes.subarray(0, cut) });
      const first = await store.read(name, whole);
      await store.append(name, { offset: cut, bytes: bytes.subarray(cut) });
      const rest = await store.read(name, {
        ...{ offset: first.nextOffset, limit: 1_000, isOver: true },
      });
      expect({ cut, text: first.text + rest.text }).toEqual({
        ...{ cut, text: hidden },
      });
    }
  });

  it('shows the last of a log that only looks like a secret when the job is over', async () => {
    const store = new FileLogStore({
      ...{ folder, secrets: new Secrets(['hunter22']) },
    });
    await store.append(log, { offset: 0, bytes: Buffer.from('the hunt') });
    const open = await store.read(log, whole);
    expect(open).toEqual({ text: 'the ', offset: 0, nextOffset: 4, size: 8 });
    const again = await store.read(log, { offset: 4, limit: 100 });
    expect(again).toMatchObject({ text: '', nextOffset: 4 });
    // From the middle of it, too: nothing of it is shown.
    const tail = await store.read(log, { offset: -2, limit: 100 });
    expect(tail).toMatchObject({ text: '', offset: 6, nextOffset: 6 });
    const over = await store.read(log, { ...whole, isOver: true });
    expect(over.text).toBe('the hunt');
  });

  it('writes below its folder, whatever a job or a worker is called', async () => {
    const store = new FileLogStore({ folder, secrets: none });
    const worker = { role: '../../etc', rank: 1 };
    await store.append(
      { jobId: '../..', attempt: 1, worker },
      { offset: 0, bytes: Buffer.from('x') },
    );
    const files = await readdir(folder, { recursive: true });
    expect(files.sort()).toEqual(['_____', '_____/attempt-1.______etc-1.log']);
  });

  it('follows no link in the place of a log, to read or to write (issue 7)', async () => {
    const store = new FileLogStore({ folder, secrets: none });
    await writeFile(join(folder, 'secret'), 'of the portal');
    await mkdir(join(folder, 'job1'));
    await symlink(join(folder, 'secret'), store.fileOf(log).path);
    await expect(store.read(log, whole)).rejects.toThrow('ELOOP');
    const piece = { offset: 13, bytes: Buffer.from('x') };
    await expect(store.append(log, piece)).rejects.toThrow('ELOOP');
  });
});
