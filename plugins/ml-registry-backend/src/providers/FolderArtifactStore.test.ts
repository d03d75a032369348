import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describeArtifactStore } from '@downstage/plugin-ml-registry-node/testUtils';
import { fillDisk } from '../__testUtils__/fillDisk';
import { FolderArtifactStore } from './FolderArtifactStore';

async function aFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
  return {
    folder,
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

describeArtifactStore('FolderArtifactStore', async () => {
  const { folder, dispose } = await aFolder();
  return {
    store: await FolderArtifactStore.open(folder),
    leftovers: () => readdir(join(folder, '.incoming')),
    dispose,
  };
});

describe('FolderArtifactStore, being a folder', () => {
  it('refuses a folder where a file lies, and its own names', async () => {
    const { folder, dispose } = await aFolder();
    const store = await FolderArtifactStore.open(folder);
    await store.put('1/x', Readable.from([Buffer.from('x')]));
    for (const path of ['1/x/y', '.incoming/x', '.signing-key']) {
      await expect(
        store.put(path, Readable.from([Buffer.from('y')])),
      ).rejects.toThrow('Invalid path');
    }
    await dispose();
  });

  it('keeps nothing of a file that does not fit on the disk, and parts that did', async () => {
    const { folder, dispose } = await aFolder();
    const store = await FolderArtifactStore.open(folder);
    const large = () => Readable.from([Buffer.alloc(3 << 20)]);
    const upload = { path: '1/parts', id: await store.parts.begin('1/parts') };
    const { etag } = await store.parts.put(upload, {
      number: 1,
      content: large(),
    });
    const room = await fillDisk();
    await expect(store.put('1/x', large())).rejects.toThrow('ENOSPC');
    const second = { number: 2, content: large() };
    await expect(store.parts.put(upload, second)).rejects.toThrow('ENOSPC');
    const parts = [{ number: 1, etag }];
    await expect(store.parts.complete(upload, parts)).rejects.toThrow('ENOSPC');
    expect(await store.list('')).toEqual([]);
    const [left, ...more] = await readdir(join(folder, '.incoming'));
    expect(more).toEqual([]);
    expect(await readdir(join(folder, '.incoming', left))).toHaveLength(1);
    room.mockRestore();
    expect(await store.parts.complete(upload, parts)).toMatchObject({
      size: 3 << 20,
    });
    await dispose();
  });

  it('says nothing of the machine when a path cannot be', async () => {
    const { folder, dispose } = await aFolder();
    const store = await FolderArtifactStore.open(folder);
    await store.put('1/x/y', Readable.from([Buffer.from('x')]));
    for (const path of ['1/x', '1/x/y/z']) {
      const error = await store
        .put(path, Readable.from([Buffer.from('y')]))
        .catch((raised: Error) => raised);
      expect(error).toMatchObject({
        message: expect.stringMatching(/^Invalid path: a folder lies where/),
      });
      expect(String(error)).not.toContain(folder);
    }
    await dispose();
  });

  it('removes what was given up at a start, and not what another portal is receiving', async () => {
    const { folder, dispose } = await aFolder();
    const incoming = join(folder, '.incoming');
    await mkdir(join(incoming, 'parts-old'), { recursive: true });
    await mkdir(join(incoming, 'parts-new'), { recursive: true });
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(join(incoming, 'parts-old'), longAgo, longAgo);
    await FolderArtifactStore.open(folder);
    expect(await readdir(incoming)).toEqual(['parts-new']);
    await dispose();
  });
});
