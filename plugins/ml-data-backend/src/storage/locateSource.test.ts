import { promises as fs } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { locateSource } from './locateSource';
import { directory, roots, locate } from './__testUtils__/sources';

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
