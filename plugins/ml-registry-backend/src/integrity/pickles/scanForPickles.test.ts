import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { scanForPickles } from './scanForPickles';

const evil = Buffer.from('cposix\nsystem\n(Vid\ntR.');
/** A ZIP with the member archive/data.pkl, as PyTorch writes it; made with `zipfile` of Python. */
const torch = Buffer.from(
  'UEsDBBQAAAAAAAs0dV0Lyo64FgAAABYAAAAQAAAAYXJjaGl2ZS9kYXRhLnBrbGNwb3NpeApzeXN0ZW0KKFZpZAp0Ui5QSwECFAMUAAAAAAALNHVdC8qOuBYAAAAWAAAAEAAAAAAAAAAAAAAAgAEAAAAAYXJjaGl2ZS9kYXRhLnBrbFBLBQYAAAAAAQABAD4AAABEAAAAAAA=',
  'base64',
);
const scan = (path: string, bytes: Buffer) =>
  scanForPickles(path, async () => ({
    content: Readable.from([bytes.subarray(0, 3), bytes.subarray(3)]),
    size: bytes.length,
  }));
const dangerous = [{ name: 'posix.system', kind: 'dangerous' }];

describe('scanForPickles', () => {
  it.each([
    ['model.pkl', evil, 'model.pkl'],
    ['model.joblib', gzipSync(evil), 'model.joblib'],
    ['model.pt', torch, 'model.pt!archive/data.pkl'],
    ['weights.bin', evil, 'weights.bin'],
    ['any.thing', evil, 'any.thing'],
  ])('looks into %s', async (path, bytes, found) => {
    expect(await scan(path, bytes)).toEqual([
      { path: found, imports: dangerous },
    ]);
  });

  it.each([
    ['MLmodel', Buffer.from('flavors: {}')],
    ['weights.bin', Buffer.from([0, 1, 2, 3, 4])],
    ['nothing.txt', Buffer.alloc(0)],
    ['conda.yaml', Buffer.from('channels:\n- conda-forge\ndependencies:\n')],
    ['code.py', Buffer.from('import os\nimport sys\nos.system("x")\n')],
    ['weights.safetensors', Buffer.from('9300000000000000', 'hex')],
  ])('finds no pickle in %s', async (path, bytes) => {
    expect(await scan(path, bytes)).toEqual([]);
  });

  it('says when an archive cannot be read', async () => {
    const [found] = await scan('model.pt', torch.subarray(0, 40));
    expect(found.problem).toBeDefined();
  });
});
