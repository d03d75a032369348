import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderLock } from './FolderLock';
import { identityOf } from '@downstage/node';

describe('FolderLock', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lets one in, and tells the others who it is', async () => {
    const locks = Array.from({ length: 8 }, () => new FolderLock(folder));
    const answers = await Promise.all(locks.map(lock => lock.take()));
    const holders = locks.filter((_, index) => answers[index] === undefined);
    expect(holders).toHaveLength(1);
    expect(answers.filter(Boolean)[0]).toMatch(
      new RegExp(`the portal on .*, process ${process.pid}$`),
    );
    await holders[0].release();
    expect(await locks[7].take()).toBeUndefined();
    await locks[7].release();
  });

  it('takes over from a process that is gone, once, and not from one that lives', async () => {
    const first = new FolderLock(folder);
    await first.take();
    const path = join(folder, '.lock');
    const held = JSON.parse(readFileSync(path, 'utf8')) as object;
    await first.release();
    const child = spawn('sleep', ['600']);
    const other = { ...held, id: 'x', ...(await identityOf(child.pid)) };
    writeFileSync(path, JSON.stringify(other));
    const locks = [new FolderLock(folder), new FolderLock(folder)];
    expect(await locks[0].take()).toMatch(`process ${child.pid}`);
    const ended = new Promise(resolve => {
      child.on('exit', resolve);
    });
    child.kill('SIGKILL');
    await ended;
    const answers = await Promise.all(locks.map(lock => lock.take()));
    expect(answers.filter(answer => answer === undefined)).toHaveLength(1);
    await Promise.all(locks.map(lock => lock.release()));
  });

  it('takes over from another boot, and from another machine after its silence', async () => {
    const lock = new FolderLock(folder);
    await lock.take();
    const path = join(folder, '.lock');
    const held = JSON.parse(readFileSync(path, 'utf8')) as object;
    await lock.release();
    writeFileSync(path, JSON.stringify({ ...held, id: 'x', boot: 'before' }));
    expect(await lock.take()).toBeUndefined();
    await lock.release();
    writeFileSync(path, JSON.stringify({ ...held, id: 'x', host: 'host-b' }));
    expect(await lock.take()).toMatch('host-b');
  });

  it('names a folder once, for every portal that sees it', async () => {
    const places = await Promise.all(
      [1, 2, 3].map(() => new FolderLock(folder).place()),
    );
    expect(new Set(places).size).toBe(1);
    expect(places[0]).toMatch(/^[0-9a-f-]{36}$/);
  });
});
