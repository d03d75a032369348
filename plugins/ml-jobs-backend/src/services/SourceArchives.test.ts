import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createProject, until } from '../testFixtures';
import { SourceArchives } from './SourceArchives';

jest.setTimeout(300_000);

/** More than a pipe holds, so that tar waits for a reader that stopped. */
const large = 'x'.repeat(2_000_000);

describe('archives of sources', () => {
  let project: ReturnType<typeof createProject>;
  let folder: string;
  let timeLimits: AbortController[];

  beforeEach(() => {
    project = createProject({ 'large.txt': large });
    folder = join(project.dataDir, 'archives');
    timeLimits = [];
  });
  afterEach(() => project.remove());

  function archivesOf(most = { copies: 8, readers: 32 }) {
    const archives = new SourceArchives({
      folder,
      sources: { folderOf: async repository => repository },
      hosts: [],
      clock: () => new Date(),
      most,
      timeLimit: () => {
        const limit = new AbortController();
        timeLimits.push(limit);
        return limit.signal;
      },
    });
    return (commit: string) => {
      const client = new AbortController();
      const stream = archives.open(
        { repository: project.folder, commit },
        client,
      );
      return { stream, leave: () => client.abort() };
    };
  }
  const copies = () => (existsSync(folder) ? readdirSync(folder) : []);
  const failed = (stream: Readable) =>
    new Promise<Error>(resolve => {
      stream.once('error', resolve);
    });

  it('are read by many from one copy, which goes with the last of them', async () => {
    const open = archivesOf();
    const [first, second, third] = [1, 2, 3].map(() => open(project.head));
    const streams = await Promise.all(
      [first, second, third].map(({ stream }) => stream),
    );
    expect(copies()).toHaveLength(1);
    const gone = failed(streams[0]);
    first.leave();
    await gone;
    for (const stream of streams.slice(1)) {
      const input = await buffer(stream);
      const text = execFileSync('tar', ['-xO', './large.txt'], {
        input,
        maxBuffer: 10_000_000,
      });
      expect(text.toString()).toBe(large);
    }
    await until(async () => copies().length === 0);
  });

  it('take no more of the disk than a few copies, however slowly they are read', async () => {
    const open = archivesOf({ copies: 1, readers: 32 });
    const slow = open(project.head);
    const stream = await slow.stream;
    const [before] = copies();
    const next = project.commit({ 'train.py': 'print("hello")\n' });
    const waiting = open(next);
    const after = waiting.stream.then(copies);
    const gone = failed(stream);
    slow.leave();
    await gone;
    expect(await after).toEqual([expect.any(String)]);
    expect(await after).not.toContain(before);
    (await waiting.stream).destroy();
    await until(async () => copies().length === 0);
  });

  it('end when a request has had its time, also one that waits', async () => {
    const open = archivesOf({ copies: 1, readers: 32 });
    const stream = await open(project.head).stream;
    const next = project.commit({ 'train.py': 'print("hello")\n' });
    const waiting = open(next).stream;
    await until(async () => timeLimits.length === 2);
    timeLimits[1].abort();
    await expect(waiting).rejects.toThrow('could not be packed');
    const gone = failed(stream);
    timeLimits[0].abort();
    await gone;
    await until(async () => copies().length === 0);
  });

  it('are refused where too many read one', async () => {
    const open = archivesOf({ copies: 8, readers: 1 });
    const stream = await open(project.head).stream;
    await expect(open(project.head).stream).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('1 fetch this source'),
    });
    stream.destroy();
    await until(async () => copies().length === 0);
  });

  it('fail where what is packed goes away meanwhile', async () => {
    const stream = await archivesOf()(project.head).stream;
    execFileSync('rm', ['-r', folder]);
    await expect(buffer(stream)).rejects.toThrow('tar ended with code');
  });
});
