import { createMockDirectory } from '@backstage/backend-test-utils';
import type { DatasetDialect } from '@downstage/plugin-ml-data-common';
import { previewVersion } from './previewVersion';
import { placeOf } from './Refusal';

const directory = createMockDirectory();

async function preview(
  content: string | Buffer,
  more: {
    dialect?: DatasetDialect;
    truncated?: boolean;
    fields?: { name: string; type?: string }[];
  } = {},
) {
  directory.setContent({ 'data/f.csv': content });
  const { truncated, ...rest } = more;
  return previewVersion({
    folder: directory.resolve('data'),
    files: [{ path: 'f.csv', truncated }],
    format: 'csv',
    fields: [],
    scratch: directory.resolve('scratch'),
    tableFolder: directory.resolve('table'),
    threads: 1,
    memoryLimit: '500MB',
    mostRows: 3,
    mostColumns: 2,
    ...rest,
  });
}

/** Where a refusal points to. */
const place = (...call: Parameters<typeof preview>) =>
  preview(...call).then(
    () => 'read',
    error => placeOf(error),
  );

describe('a preview', () => {
  it('gives the first rows as they would be read, and the types of all columns', async () => {
    expect(
      await preview('a;b;c\n1,5;x;2024-01-01\n2,5;"";\n;y;\n4,5;z;\n'),
    ).toEqual({
      columns: [
        { name: 'a', type: 'DOUBLE' },
        { name: 'b', type: 'VARCHAR' },
        { name: 'c', type: 'DATE' },
      ],
      rows: [
        ['1.5', 'x'],
        ['2.5', ''],
        [null, 'y'],
      ],
      lookedRows: 4,
      dialect: expect.objectContaining({ delimiter: ';', decimal: ',' }),
      notes: ['The comma in numbers is read as the decimal one'],
    });
  });

  it('reads by what is declared', async () => {
    const { rows, columns } = await preview('007|-\n008|x\n', {
      dialect: { delimiter: '|', header: false, nullWords: ['-'] },
      fields: [{ name: 'id', type: 'string' }, { name: 'word' }],
    });
    expect(columns.map(({ name }) => name)).toEqual(['id', 'word']);
    expect(rows).toEqual([
      ['007', null],
      ['008', 'x'],
    ]);
  });

  it('leaves out the record that is cut off, and a character that is', async () => {
    const bytes = Buffer.from('a,b\n1,x\n2,é', 'utf8');
    const { rows, columns } = await preview(bytes.subarray(0, -1), {
      truncated: true,
    });
    expect(rows).toEqual([['1', 'x']]);
    expect(columns[0].type).toBe('BIGINT');
  });

  it('says so when what begins in a line does not end', async () => {
    const { rows, notes } = await preview(
      `a,b\n1,x\n2,"${'y'.repeat(100_000)}`,
      { truncated: true },
    );
    expect(rows).toEqual([['1', 'x']]);
    expect(notes).toEqual([
      'f.csv: what begins in line 3 does not end within what was looked at; a quote may not be closed',
    ]);
  });

  it('refuses a beginning that does not hold the first line', async () => {
    await expect(
      preview('a,b,c'.repeat(100), { truncated: true }),
    ).rejects.toThrow(/f\.csv, line 1: the first line does not end within/);
  });

  it.each([
    ['a value too many', 'a,b\n1,2\n3,4,5\n', { line: 3, column: 5 }],
    ['a value too few', 'a,b,c\n1,2\n', { line: 2, column: 4 }],
    ['text after a quote', 'a,b\n1,"x"y\n', { line: 2, column: 6 }],
    ['a quote never closed', 'a,b\n1,"x\n', { line: 2, column: 3 }],
    ['a NUL', 'a,b\n1,x\0\n', { line: 2, column: 4 }],
    [
      'bytes of another encoding',
      Buffer.from('a,b\n1,caf\xe9\n', 'latin1'),
      { line: 2, column: 6 },
    ],
  ])('says where %s stands', async (_, content, at) => {
    expect(await place(content)).toEqual({ file: 'f.csv', ...at });
  });
});
