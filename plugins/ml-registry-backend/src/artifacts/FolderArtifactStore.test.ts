import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
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

  describe('where somebody has laid symbolic links (issue 7)', () => {
    const text = () => Readable.from([Buffer.from('ours')]);
    const aStoreWithLinks = async () => {
      const { folder, dispose } = await aFolder();
      const outside = await aFolder();
      const secret = join(outside.folder, 'secret');
      await writeFile(secret, 'of the portal');
      const store = await FolderArtifactStore.open(folder);
      await store.put('1/run/real', text());
      await symlink(secret, join(folder, '1/run/file'));
      await symlink(outside.folder, join(folder, '1/run/folder'));
      await symlink(outside.folder, join(folder, '2'));
      await symlink(join(outside.folder, 'new'), join(folder, '1/run/nowhere'));
      await symlink('loop', join(folder, '1/run/loop'));
      return {
        folder,
        store,
        secret,
        outside: () => readdir(outside.folder),
        dispose: async () => {
          await dispose();
          await outside.dispose();
        },
      };
    };
    const paths = [
      '1/run/file',
      '1/run/folder/secret',
      '2/secret',
      '1/run/loop',
      '1/run/loop/x',
    ];

    it('reads and lists nothing through them', async () => {
      const { folder, store, dispose } = await aStoreWithLinks();
      for (const path of paths) {
        const raised = async (work: Promise<unknown>) =>
          work.then(
            () => 'nothing',
            (error: Error) => error.message,
          );
        for (const message of [
          await raised(store.get(path)),
          await raised(store.stat(path)),
        ]) {
          expect({ path, message }).toEqual({
            path,
            message:
              'Invalid path: a symbolic link lies there, and links are not followed',
          });
          expect(message).not.toContain(folder);
        }
      }
      await expect(store.list('1/run/folder')).rejects.toThrow('symbolic link');
      await expect(store.list('2')).rejects.toThrow('symbolic link');
      expect(await store.list('1/run')).toEqual([
        { path: '1/run/real', isDir: false, size: 4 },
      ]);
      expect(await store.list('')).toEqual([{ path: '1', isDir: true }]);
      await dispose();
    });

    it('writes and deletes nothing through them', async () => {
      const { store, secret, outside, dispose } = await aStoreWithLinks();
      for (const path of ['1/run/folder/x', '2/a/b', '1/run/nowhere/x']) {
        await expect(store.put(path, text())).rejects.toThrow('symbolic link');
        await expect(store.delete(path)).rejects.toThrow('symbolic link');
      }
      await store.put('1/run/file', text());
      await store.put('1/run/nowhere', text());
      await store.delete('1/run/folder');
      await store.delete('2');
      expect(await readFile(secret, 'utf8')).toBe('of the portal');
      expect(await outside()).toEqual(['secret']);
      expect(await store.stat('1/run/file')).toEqual({ size: 4 });
      await dispose();
    });

    it('takes no part through them, and works below a root that is one', async () => {
      const { folder, store, secret, dispose } = await aStoreWithLinks();
      const upload = {
        path: '1/parts',
        id: await store.parts.begin('1/parts'),
      };
      const { etag } = await store.parts.put(upload, {
        number: 1,
        content: text(),
      });
      const part = join(
        folder,
        '.incoming',
        `parts-${upload.id}`,
        `1.${etag.replaceAll('"', '')}`,
      );
      await rm(part);
      await symlink(secret, part);
      await expect(
        store.parts.complete(upload, [{ number: 1, etag }]),
      ).rejects.toThrow('ELOOP');
      expect(await store.stat('1/parts')).toBeUndefined();

      const linked = join(tmpdir(), `artifacts-link-${upload.id}`);
      await symlink(folder, linked);
      const same = await FolderArtifactStore.open(linked);
      expect(await same.stat('1/run/real')).toEqual({ size: 4 });
      await rm(linked);
      await dispose();
    });
  });
});
