import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkProject } from './checkProject';

const minimal =
  'apiVersion: downstage.dev/v1\nkind: Job\nentryPoint: python src/train.py\n';

describe('the check of a project', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'check-'));
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src/train.py'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (text: string) => {
    const file = join(folder, 'downstage.yaml');
    writeFileSync(file, text);
    return file;
  };
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, ...args]);

  it('finds nothing wrong with three lines, of the folder or of the file', async () => {
    const file = write(minimal);
    git('init', '--quiet');
    git('add', '.');
    const expected = {
      ...{ file, valid: true, jobs: [], mistakes: [], more: 0, warnings: [] },
    };
    expect(await checkProject(folder)).toEqual(expected);
    expect(await checkProject(file)).toEqual(expected);
  });

  it('names files that are not there beside mistakes of other jobs, in the order of the file', async () => {
    write(
      `${minimal}name: prepare\nretries: many\n---\n${minimal.replace(
        'train.py',
        'test.py',
      )}name: test\nenvironment: { requirements: requirements.txt }\n`,
    );
    const { valid, jobs, mistakes } = await checkProject(folder);
    expect({ valid, jobs }).toEqual({ valid: false, jobs: ['test'] });
    expect(mistakes).toEqual([
      expect.objectContaining({ line: 5, document: 'document 1 (prepare)' }),
      {
        ...{ line: 9, column: 1, document: 'document 2 (test)' },
        message: "entryPoint: there is no file 'src/test.py' in the project",
      },
      {
        ...{ line: 11, column: 16, document: 'document 2 (test)' },
        message:
          "environment.requirements: there is no file 'requirements.txt' in the project",
      },
    ]);
  });

  it('warns of files that no commit has', async () => {
    write(minimal);
    expect((await checkProject(folder)).warnings).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('not in a git repository'),
      }),
    ]);
    git('init', '--quiet');
    git('add', 'downstage.yaml');
    const check = await checkProject(folder);
    expect(check.valid).toBe(true);
    expect(check.warnings).toEqual([
      {
        ...{ line: 3, column: 1 },
        message: 'src/train.py is not committed; a job runs without it',
      },
    ]);
  });

  it('follows links inside of the project, and none that lead out of it', async () => {
    mkdirSync(join(folder, 'code'));
    writeFileSync(join(folder, 'code/test.py'), '');
    symlinkSync('code', join(folder, 'linked'));
    symlinkSync('/etc/hostname', join(folder, 'requirements.txt'));
    write(minimal.replace('src/train.py', 'linked/test.py'));
    git('init', '--quiet');
    git('add', '.');
    expect(await checkProject(folder)).toMatchObject({
      ...{ valid: true, warnings: [] },
    });
    write(`${minimal}environment: { requirements: requirements.txt }\n`);
    expect((await checkProject(folder)).mistakes).toEqual([
      expect.objectContaining({
        line: 4,
        message:
          "environment.requirements: 'requirements.txt' leads out of the project by a link, and a job has no such file",
      }),
    ]);
  });

  it('throws where there is nothing to check', async () => {
    await expect(checkProject(folder)).rejects.toThrow(
      /There is no .*downstage\.yaml; 'downstage init' writes one/,
    );
    await expect(checkProject(join(folder, 'absent'))).rejects.toThrow(
      /There is no file or folder/,
    );
    write('x'.repeat(2 * 1024 * 1024));
    await expect(checkProject(folder)).rejects.toThrow(/allowed are 1048576/);
    rmSync(join(folder, 'downstage.yaml'));
    mkdirSync(join(folder, 'downstage.yaml'));
    await expect(checkProject(folder)).rejects.toThrow(
      /is not a file|cannot be read/,
    );
  });
});
