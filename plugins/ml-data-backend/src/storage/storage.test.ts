import { promises as fs } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { createMockDirectory } from '@backstage/backend-test-utils';
import { locateSource } from './locateSource';
import { SnapshotStore } from './SnapshotStore';

const directory = createMockDirectory();
const roots = () => ({
  roots: [
    { path: directory.resolve('missing') },
    { path: directory.resolve('data') },
  ],
  own: [directory.resolve('data/state')],
});
const locate = (uri: string) => locateSource(uri, { roots: roots() });

describe('locateSource', () => {
  beforeEach(() => {
    directory.setContent({
      'data/a.csv': 'x\n1\n',
      'data/folder/b.csv': 'x\n1\n',
      'data/folder/sub/c.csv': 'x\n1\n',
      'data/folder/_SUCCESS': '',
      'data/folder/.hidden.csv': 'x\n',
      'data/folder/README.md': 'about',
      'data/star/a*.csv': 'x\n1\n',
      'secret/s.csv': 'x\n1\n',
      'database/s.csv': 'x\n1\n',
    });
  });

  it('finds a file by a path relative to a root, and by a file: URL below one', async () => {
    const [relative] = await locate('a.csv');
    const [url] = await locate(
      pathToFileURL(directory.resolve('data/a.csv')).href,
    );
    expect(relative).toEqual(url);
    expect(relative).toMatchObject({ path: 'a.csv', size: 4 });
  });

  it('finds the data files of a folder and of its folders, in a steady order', async () => {
    expect((await locate('folder')).map(file => file.path)).toEqual([
      'b.csv',
      'sub/c.csv',
    ]);
  });

  it.each([
    '../secret/s.csv',
    '../database/s.csv',
    'folder/../../secret/s.csv',
    '/etc/passwd',
    'nothing.csv',
  ])('finds nothing at %s', async uri => {
    await expect(locate(uri)).rejects.toMatchObject({
      name: 'NotFoundError',
      message: expect.stringContaining(uri),
    });
  });

  it.each(['state/other/v1/secret.csv', 'state', 'folder/../state/other'])(
    'finds nothing of what the portal itself keeps below a root: %s',
    async uri => {
      directory.addContent({ 'data/state/other/v1/secret.csv': 'x\n1\n' });
      await expect(locate(uri)).rejects.toThrow(/No data at/);
    },
  );

  it('leaves out what the portal itself keeps in a folder', async () => {
    directory.addContent({ 'data/state/other/v1/secret.csv': 'x\n1\n' });
    const found = await locateSource(directory.resolve('data'), {
      roots: {
        ...roots(),
        own: [directory.resolve('data/star'), directory.resolve('data/state')],
      },
    });
    expect(found.map(file => file.path)).toEqual([
      'a.csv',
      'folder/b.csv',
      'folder/sub/c.csv',
    ]);
  });

  it('does not follow a link out of the roots', async () => {
    await fs.symlink(
      directory.resolve('secret/s.csv'),
      directory.resolve('data/link.csv'),
    );
    await fs.symlink(
      directory.resolve('secret'),
      directory.resolve('data/linked'),
    );
    await expect(locate('link.csv')).rejects.toThrow(/No data at/);
    await expect(locate('linked')).rejects.toThrow(/No data at/);
    await expect(locate('linked/s.csv')).rejects.toThrow(/No data at/);
  });

  it('refuses a folder with a link in it', async () => {
    await fs.symlink(
      directory.resolve('secret/s.csv'),
      directory.resolve('data/folder/link.csv'),
    );
    await expect(locate('folder')).rejects.toThrow(
      /symbolic link at 'link.csv'/,
    );
  });

  it.each([
    'https://example.com/a.csv',
    's3://bucket/a.csv',
    'file://host/a.csv',
  ])('refuses %s, which is not on this machine', async uri => {
    await expect(locate(uri)).rejects.toMatchObject({ name: 'InputError' });
  });

  it('refuses file names that a reader would take for a pattern', async () => {
    await expect(locate('star')).rejects.toThrow(/names must be free of/);
  });

  it('never says where this machine keeps its data', async () => {
    const error = await locate('nothing.csv').catch(e => e);
    expect(error.message).not.toContain(directory.path);
  });
});

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
    },
  );

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
