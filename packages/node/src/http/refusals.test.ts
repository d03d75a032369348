import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusalOf } from './refusals';

describe('what an answer says of the disk', () => {
  it('never says where the portal keeps its files (issue 7)', async () => {
    const place = join(tmpdir(), 'of-the-portal', 'file');
    const raised = await readFile(place).catch((error: unknown) => error);
    const said = refusalOf(raised);
    expect(said?.message).toBe(
      'The portal could not use one of its own files (ENOENT); its log says which',
    );
    expect(said?.cause).toBe(raised);
    expect(JSON.stringify(said)).not.toContain(place);
  });

  it('leaves other errors as they are', () => {
    expect(refusalOf(new Error('x'))).toBeUndefined();
    expect(refusalOf(Object.assign(new Error('x'), { code: 'E' }))).toBe(
      undefined,
    );
  });
});
