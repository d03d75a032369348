import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRequirements } from './requirements';

jest.setTimeout(60_000);

describe('readRequirements', () => {
  let project: string;
  const wheel = (path: string, text: string) =>
    writeFileSync(join(project, path), text);
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'requirements-'));
    mkdirSync(join(project, 'vendor'));
    mkdirSync(join(project, 'package'));
    writeFileSync(join(project, 'package', 'setup.py'), '');
    wheel('vendor/mylib-1.0-py3-none-any.whl', 'one');
    writeFileSync(join(project, 'vendor/sdist-1.0.tar.gz'), 'source');
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  const read = (
    files: Record<string, string | Buffer>,
    indexes: string[] = [],
  ) => {
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(project, name), text);
    return readRequirements({
      project,
      file: 'requirements.txt',
      python: 'python3',
      indexes,
      signal: new AbortController().signal,
    });
  };
  const utf16 = (text: string) =>
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);

  it('takes what pip takes, as pip reads it', async () => {
    const { text, constraints, files, builds } = await read({
      'requirements.txt':
        '# comment\n-r more.txt\n-c limits.txt\nscikit-learn \\\n  >= 1.4 # why\npandas==2.2 ; python_version >= "3.8"\n./vendor/mylib-1.0-py3-none-any.whl\n',
      'more.txt': utf16('numpy==2.0\r\n'),
      'limits.txt': 'scipy<2\n',
    });
    expect(text.split('\n')).toEqual([
      'numpy==2.0',
      expect.stringMatching(/^scikit-learn\s+>= 1\.4$/),
      'pandas==2.2 ; python_version >= "3.8"',
      expect.stringMatching(
        /^\.\/files\/[0-9a-f]{16}\/mylib-1\.0-py3-none-any\.whl$/,
      ),
      '',
    ]);
    expect(constraints).toBe('scipy<2\n');
    expect([...files.values()]).toEqual([
      expect.stringContaining('vendor/mylib-1.0-py3-none-any.whl'),
    ]);
    expect(builds).toBe(false);
  });

  it.each([
    ['-e git+https://github.com/some-owner/some-repo.git@v1#egg=some'],
    ['some @ git+https://github.com/some-owner/some-repo.git@v1'],
    ['./vendor/sdist-1.0.tar.gz'],
  ])('takes %s, which has to be built', async line => {
    expect(await read({ 'requirements.txt': `${line}\n` })).toMatchObject({
      builds: true,
    });
  });

  it.each([
    ['-e .', /requirements.txt:2: '-e .*' (is a folder|cannot be read)/],
    ['./package', /is a folder of the project/],
    ['package/', /is a folder of the project/],
    ['/etc', /requirements.txt:2: '\/etc' cannot be read; Directory/],
    ['/etc/passwd', /'\/etc\/passwd' cannot be read; Invalid requirement/],
    ['../other.whl', /outside the project|cannot be read/],
    ['file:///etc/passwd', /outside the project/],
    ['x @ file:///etc/passwd', /outside the project/],
    ['"../x.whl"', /refused|outside|cannot be read/],
    ['some @ git+file:///srv/repository', /git\+file/],
    ['-e git+file:///srv/repository#egg=x', /git\+file/],
    ['some @ git+ssh://git@host/x', /git\+ssh/],
    [
      'http://127.0.0.1/x-1.0-py3-none-any.whl',
      /fetched by http; allowed is https/,
    ],
    ['-f vendor', /'--find-links' cannot be set by a project/],
    ['--find-links=https://evil.example', /'--find-links' cannot be set/],
    ['--index-url https://evil.example/simple', /mlJobs\.local\.indexes/],
    ['-i https://evil.example/simple', /names an index/],
    [
      '--extra-index-url \\\n  https://evil.example',
      /'--extra-index-url' names/,
    ],
    ['--trusted-host evil.example', /'--trusted-host' cannot be set/],
    ['-r https://evil.example/r.txt', /has to be a file of the project/],
    ['-r ../../secrets.txt', /has no requirements file/],
    ['-r /etc/passwd', /lies outside the project/],
    ['-r requirements.txt', /include each other|recursive|itself/i],
    ['./vendor/missing.whl', /no such file|cannot be read|refused/],
  ])('refuses %s for a true reason', async (line, reason) => {
    await expect(
      read({ 'requirements.txt': `numpy\n${line}\n` }),
    ).rejects.toThrow(reason);
  });

  it('refuses in every encoding that pip reads', async () => {
    await expect(
      read({ 'requirements.txt': utf16('some @ file:///etc/passwd\r\n') }),
    ).rejects.toThrow(/outside the project/);
  });

  it('refuses a file behind a link that leads out of the project', async () => {
    symlinkSync('/etc/passwd', join(project, 'vendor/x-1.0-py3-none-any.whl'));
    await expect(
      read({ 'requirements.txt': './vendor/x-1.0-py3-none-any.whl\n' }),
    ).rejects.toThrow(/outside the project/);
  });

  it('takes an index that the configuration names', async () => {
    const { text } = await read(
      { 'requirements.txt': '--index-url https://index.example/simple/\nx\n' },
      ['https://index.example/simple'],
    );
    expect(text).toBe('--index-url https://index.example/simple/\nx\n');
  });

  it('tells two wheels of one name apart by what is in them, as folder 20 has it', async () => {
    const line = 'vendor/mylib-1.0-py3-none-any.whl\n';
    const first = await read({ 'requirements.txt': line });
    const again = await read({ 'requirements.txt': line });
    wheel('vendor/mylib-1.0-py3-none-any.whl', 'two');
    const other = await read({ 'requirements.txt': line });
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });
});
