import { promises as fs } from 'node:fs';
import { createMockDirectory } from '@backstage/backend-test-utils';
import { readInProcess } from './readInProcess';
import type { ReadProgress } from './readVersion';

// Starting Node and DuckDB takes what the machine gives.
jest.setTimeout(120_000);

const directory = createMockDirectory();

function start(text: string, controller = new AbortController()) {
  directory.setContent({ 'data/f.csv': text });
  const seen: ReadProgress[] = [];
  const result = readInProcess(
    {
      folder: directory.resolve('data'),
      files: [{ path: 'f.csv', size: text.length }],
      format: 'csv',
      fields: [],
      scratch: directory.resolve('scratch'),
      tableFolder: directory.resolve('table'),
      threads: 1,
      memoryLimit: '500MB',
    },
    {
      signal: controller.signal,
      onProgress: progress => {
        seen.push(progress);
      },
    },
  );
  return { result, seen };
}

describe('readInProcess', () => {
  it('reads in another process and says how far it is', async () => {
    const { result, seen } = start('x,y\n1,a\n2,b\n');
    await expect(result).resolves.toMatchObject({
      rows: 2,
      tables: ['part-00000.parquet'],
      dialect: { delimiter: ',' },
    });
    expect(seen.length).toBeGreaterThan(0);
    await expect(fs.readdir(directory.resolve('table'))).resolves.toEqual([
      'part-00000.parquet',
    ]);
  });

  it('passes on what the reader refuses, with its code', async () => {
    await expect(start('a,b\n1,2,3\n').result).rejects.toMatchObject({
      name: 'InputError',
      code: 'ml-data.unreadable',
      message: expect.stringMatching(/f\.csv, line 2: there are 3 values/),
    });
  });

  it('ends with the signal', async () => {
    const controller = new AbortController();
    const { result } = start('x,y\n1,a\n', controller);
    controller.abort(new Error('nobody wants it'));
    await expect(result).rejects.toThrow('nobody wants it');
  });

  it('does not begin when nobody wants it any more', async () => {
    const controller = new AbortController();
    controller.abort(new Error('too late'));
    await expect(start('x\n1\n', controller).result).rejects.toThrow(
      'too late',
    );
  });
});
