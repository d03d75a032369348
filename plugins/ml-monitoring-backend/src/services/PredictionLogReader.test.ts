import { readFile } from 'node:fs/promises';
import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import type { PredictionLogFile } from '@downstage/plugin-ml-serving-common';
import { PredictionLogReader } from './PredictionLogReader';

describe('PredictionLogReader', () => {
  const directory = createMockDirectory();
  const path = { namespace: 'default', name: 'tumour' };

  function aReader(files: Partial<PredictionLogFile>[]) {
    const open = jest.fn(
      async ({ id }: { id: string }) => new Response(`content of ${id}`),
    );
    const items = files.map((file, index) => ({
      id: `v1/2026-03-01/${index}.parquet`,
      version: 1,
      day: '2026-03-01',
      bytes: 4,
      rows: 100,
      url: `files/${index}`,
      ...file,
    }));
    const listPredictionLogFiles = jest.fn(
      async ({ query: { cursor = '0' } = {} }: any) => ({
        items: items.slice(Number(cursor), Number(cursor) + 2),
        ...(Number(cursor) + 2 < items.length && {
          nextCursor: String(Number(cursor) + 2),
        }),
      }),
    );
    const reader = new PredictionLogReader({
      auth: mockServices.auth(),
      serving: {
        listPredictionLogFiles,
        countPredictions: async () => ({ rows: 7, openRows: 3 }),
      },
      open,
    });
    return { reader, open, listPredictionLogFiles };
  }

  it('opens a file where it lies, and fetches one that is not here or of another size', async () => {
    directory.setContent({ here: 'abcd', other: 'abcdef' });
    const { reader, open } = aReader([
      { path: directory.resolve('here') },
      { path: directory.resolve('other') },
      { path: directory.resolve('gone') },
      { path: directory.path },
      {},
    ]);
    const paths = await reader.withFiles(path, { version: 1 }, async files => {
      expect(files[0]).toBe(directory.resolve('here'));
      expect(
        await Promise.all(files.slice(1).map(file => readFile(file, 'utf8'))),
      ).toEqual(
        [1, 2, 3, 4].map(index => `content of v1/2026-03-01/${index}.parquet`),
      );
      return files;
    });
    expect(open).toHaveBeenCalledTimes(4);
    // Fetched files are gone with the task.
    await expect(readFile(paths[1])).rejects.toThrow('ENOENT');
  });

  it('removes what it fetched when a fetch or the task fails', async () => {
    const { reader, open } = aReader([{}, {}]);
    let seen = '';
    const failing = reader.withFiles(path, { version: 1 }, async ([file]) => {
      seen = file;
      throw new Error('no memory');
    });
    await expect(failing).rejects.toThrow('no memory');
    await expect(readFile(seen)).rejects.toThrow('ENOENT');
    open.mockRejectedValueOnce(new Error('refused'));
    await expect(
      reader.withFiles(path, { version: 1 }, async () => {}),
    ).rejects.toThrow('refused');
  });

  it('takes no more files than the newest rows need, and each once', async () => {
    const again = { id: 'v1/2026-03-01/0.parquet' };
    const { reader, open, listPredictionLogFiles } = aReader([
      ...[{}, {}],
      // Rolled between the pages: the first page's last file comes again.
      ...[{ ...again }, {}],
      ...[{}, {}],
    ]);
    await reader.withFiles(path, { version: 1, latest: 300 }, async files => {
      expect(files).toHaveLength(3);
    });
    expect(open).toHaveBeenCalledTimes(3);
    expect(listPredictionLogFiles).toHaveBeenCalledTimes(2);
  });

  it('takes no more files than the newest rows up to a time need', async () => {
    const days = [3, 2, 2, 1, 1, 1, 1].map(day => ({ day: `2026-03-0${day}` }));
    const { reader, open, listPredictionLogFiles } = aReader(
      days.map(({ day }, index) => ({ day, id: `v1/${day}/${index}.parquet` })),
    );
    const range = { version: 1, until: '2026-03-02T09:00:00.000Z' };
    // Those of the last day may be later than the range, so that they are taken and not counted.
    await reader.withFiles(path, { ...range, latest: 200 }, async files => {
      expect(files).toHaveLength(4);
    });
    expect(open.mock.calls.map(([{ id }]) => id)).toEqual(
      [1, 2, 3, 4].map(at => `v1/${days[at].day}/${at}.parquet`),
    );
    expect(listPredictionLogFiles).toHaveBeenCalledTimes(3);
  });

  it('counts what is Parquet and what is not yet', async () => {
    const { reader } = aReader([]);
    expect(await reader.count(path, { version: 1 })).toBe(10);
  });
});
