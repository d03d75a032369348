import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkProject } from '../project/checkProject';
import { keepOutput } from '../__testUtils__/keepOutput';
import { init } from './init';

describe('downstage init', () => {
  let folder: string;
  let kept: ReturnType<typeof keepOutput>;
  const before = { ...process.env };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'init-'));
    delete process.env.DOWNSTAGE_URL;
    kept = keepOutput();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = { ...before };
    process.exitCode = undefined;
    rmSync(folder, { recursive: true });
  });

  async function run() {
    if (typeof init.execute !== 'function') throw new Error('No command');
    await init.execute({
      args: [folder],
      info: { usage: 'downstage init', name: 'init' },
    });
    return readFileSync(join(folder, 'downstage.yaml'), 'utf8');
  }

  it('writes three lines', async () => {
    expect(await run()).toBe(
      'apiVersion: downstage.dev/v1\nkind: Job\nentryPoint: python src/train.py\n',
    );
    expect(process.exitCode).toBeUndefined();
  });

  it('names what the project has, and the schema of the portal for editors', async () => {
    process.env.DOWNSTAGE_URL = 'http://localhost:7007/';
    mkdirSync(join(folder, 'src'));
    for (const name of ['main.py', 'src/main.py', 'requirements.txt'])
      writeFileSync(join(folder, name), '');
    expect(await run()).toBe(
      [
        '# yaml-language-server: $schema=http://localhost:7007/api/ml-jobs/v1/downstage.schema.json',
        'apiVersion: downstage.dev/v1',
        'kind: Job',
        'entryPoint: python src/main.py',
        'environment: { requirements: requirements.txt }',
        '',
      ].join('\n'),
    );
    expect((await checkProject(folder)).mistakes).toEqual([]);
  });

  it('never writes over a file', async () => {
    writeFileSync(join(folder, 'downstage.yaml'), 'mine');
    expect(await run()).toBe('mine');
    expect(kept.out + kept.err).toMatch(
      /downstage\.yaml already; it stays as it is/,
    );
    expect(process.exitCode).toBe(1);
  });
});
