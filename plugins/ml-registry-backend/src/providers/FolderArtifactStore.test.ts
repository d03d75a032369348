import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { FolderArtifactStore } from './FolderArtifactStore';

describe('FolderArtifactStore', () => {
  let folder: string;
  let store: FolderArtifactStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
    store = await FolderArtifactStore.open(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('stores, measures, lists, opens and removes', async () => {
    expect(
      await store.put('1/a b/ü.txt', Readable.from([Buffer.from('hello')])),
    ).toEqual({
      size: 5,
      sha256:
        '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    });
    expect(await store.list('1')).toEqual([{ path: '1/a b', isDir: true }]);
    expect(await store.list('1/a b')).toEqual([
      { path: '1/a b/ü.txt', isDir: false, size: 5 },
    ]);
    expect(await store.list('1/a b/ü.txt')).toEqual([]);
    expect(await store.list('')).toEqual([{ path: '1', isDir: true }]);
    const file = await store.get('1/a b/ü.txt');
    expect(file && (await text(file.content))).toBe('hello');
    await store.delete('1/a b');
    await store.delete('1/a b');
    expect(await store.get('1/a b/ü.txt')).toBeUndefined();
  });

  it.each([
    '../x',
    'a/../../x',
    '/etc/passwd',
    '',
    'a//b',
    '.',
    'a/./b',
    'a\\..\\b',
    'a\0b',
    '.incoming/x',
  ])('refuses the path %j', async path => {
    await expect(store.put(path, Readable.from(['x']))).rejects.toThrow(
      'Invalid path',
    );
    await expect(store.get(path)).rejects.toThrow('Invalid path');
    await expect(store.delete(path)).rejects.toThrow('Invalid path');
  });

  it('leaves nothing under the final name when the upload breaks', async () => {
    const broken = new Readable({
      read() {
        this.push(Buffer.from('half'));
        this.destroy(new Error('connection lost'));
      },
    });
    await expect(store.put('1/x', broken)).rejects.toThrow('connection lost');
    expect(await store.get('1/x')).toBeUndefined();
    expect(await readdir(join(folder, '.incoming'))).toEqual([]);
  });

  it('refuses a folder where a file lies', async () => {
    await store.put('1/x', Readable.from([Buffer.from('x')]));
    await expect(
      store.put('1/x/y', Readable.from([Buffer.from('y')])),
    ).rejects.toThrow('Invalid path');
  });
});
