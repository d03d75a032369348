import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describeArtifactStore } from '@downstage/plugin-ml-registry-node/testUtils';
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
