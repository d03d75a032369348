import { promises as fs } from 'node:fs';
import { SnapshotStore } from './SnapshotStore';
import { directory, locate } from './__testUtils__/sources';

describe('SnapshotStore', () => {
  let ids = 0;
  const store = () =>
    new SnapshotStore({
      root: directory.resolve('kept'),
      newId: () => `id-${(ids += 1)}`,
    });

  beforeEach(() => directory.setContent({ 'data/a.csv': 'x\n1\n' }));

  it('keeps the data when the original is overwritten in place', async () => {
    const staged = await store().stage(await locate('a.csv'));
    await store().keep(staged, 'default/masses/v1');
    await fs.writeFile(directory.resolve('data/a.csv'), 'x\n2\n');
    await expect(
      store().verify(
        'default/masses@1',
        store().folderOf('default/masses/v1'),
        staged.files,
      ),
    ).resolves.toBeUndefined();
    await expect(
      fs.readFile(directory.resolve('kept/default/masses/v1/a.csv'), 'utf8'),
    ).resolves.toBe('x\n1\n');
  });

  it('keeps the table of a version beside its files', async () => {
    const staged = await store().stage(await locate('a.csv'));
    await fs.mkdir(staged.tableFolder);
    await fs.writeFile(`${staged.tableFolder}/part-00000.parquet`, 'rows');
    const tables = await store().hashTables(staged, ['part-00000.parquet']);
    await store().keep(staged, 'default/masses/v1');
    const folder = store().tableFolderOf('default/masses/v1');
    await expect(store().verify('r', folder, tables)).resolves.toBeUndefined();
    await expect(fs.readdir(folder)).resolves.toEqual(['part-00000.parquet']);
  });

  it.each(['the file', 'a folder above it'])(
    'copies nothing when a link has taken the place of %s since it was found',
    async what => {
      directory.addContent({
        'data/sub/a.csv': 'x\n1\n',
        'secret/a.csv': 'password\nx\n',
      });
      const sources = await locate('sub/a.csv');
      const replaced = directory.resolve(
        what === 'the file' ? 'data/sub/a.csv' : 'data/sub',
      );
      await fs.rm(replaced, { recursive: true });
      await fs.symlink(
        directory.resolve(what === 'the file' ? 'secret/a.csv' : 'secret'),
        replaced,
      );
      const error = await store()
        .stage(sources)
        .catch(e => e);
      expect(error.message).toMatch(/'a.csv' (cannot be read|was replaced)/);
      expect(error.message).not.toContain(directory.path);
      await expect(
        store().stageBeginnings(sources, {
          ...{ mostBytes: 100, signal: new AbortController().signal },
        }),
      ).rejects.toThrow(/'a.csv' (cannot be read|was replaced)/);
      await expect(
        fs.readdir(directory.resolve('kept/.staging')),
      ).resolves.toEqual([]);
    },
  );

  it('copies the beginnings of files for a look, and says which go on', async () => {
    directory.addContent({ 'data/long.csv': 'x\n123456\n' });
    const { signal } = new AbortController();
    const staged = await store().stageBeginnings(
      [...(await locate('a.csv')), ...(await locate('long.csv'))],
      { mostBytes: 5, signal },
    );
    expect(staged.files).toEqual([
      { path: 'a.csv', size: 4, truncated: false },
      { path: 'long.csv', size: 5, truncated: true },
    ]);
    await expect(
      fs.readFile(`${staged.folder}/long.csv`, 'utf8'),
    ).resolves.toBe('x\n123');
  });

  it('says so when a kept file was changed or is gone', async () => {
    const staged = await store().stage(await locate('a.csv'));
    await store().keep(staged, 'default/masses/v1');
    const kept = directory.resolve('kept/default/masses/v1/a.csv');
    const verify = () =>
      store().verify(
        'default/masses@1',
        store().folderOf('default/masses/v1'),
        staged.files,
      );
    await fs.chmod(kept, 0o644);
    await fs.writeFile(kept, 'x\n9\n');
    await expect(verify()).rejects.toMatchObject({
      name: 'ConflictError',
      code: 'ml-data.version-damaged',
      message: expect.stringMatching(/no longer what was registered/),
    });
    await fs.rm(kept);
    await expect(verify()).rejects.toThrow(/cannot be read/);
  });

  it('replaces a folder left by an attempt that never committed', async () => {
    const first = await store().stage(await locate('a.csv'));
    await store().keep(first, 'default/masses/v1');
    await fs.writeFile(directory.resolve('data/a.csv'), 'x\n2\n');
    const second = await store().stage(await locate('a.csv'));
    await store().keep(second, 'default/masses/v1');
    await expect(
      store().verify('r', store().folderOf('default/masses/v1'), second.files),
    ).resolves.toBeUndefined();
  });

  it('sweeps what crashed attempts left, and only when it is old', async () => {
    const staged = await store().stage(await locate('a.csv'));
    await store().sweep({ olderThan: new Date(0) });
    await expect(fs.stat(staged.folder)).resolves.toBeDefined();
    await store().sweep({ olderThan: new Date('2999-01-01') });
    await expect(fs.stat(staged.folder)).rejects.toThrow(/ENOENT/);
  });
});
