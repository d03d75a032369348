import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSource, httpsOf } from './findSource';

describe('findSource', () => {
  let folder: string;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'source-')));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function git(...args: string[]) {
    const who = ['-c', 'user.name=ann', '-c', 'user.email=ann@example.com'];
    return execFileSync('git', ['-C', folder, ...who, ...args], {
      encoding: 'utf8',
    }).trim();
  }
  function project() {
    git('init', '--quiet', '--initial-branch', 'work');
    git('commit', '--quiet', '--allow-empty', '--message', 'first');
    return git('rev-parse', 'HEAD');
  }

  it('is the folder itself where there is no remote', async () => {
    const commit = project();
    expect(await findSource(folder)).toEqual({ repository: folder, commit });
  });

  it('is the branch at the https address of origin, without its password', async () => {
    const commit = project();
    git(
      'remote',
      'add',
      'origin',
      'https://ann:secret@git.example.com/a/b.git',
    );
    expect(await findSource(folder)).toEqual({
      repository: 'https://git.example.com/a/b.git',
      ref: 'work',
      commit,
    });
  });

  it('is the commit where no branch is checked out', async () => {
    const commit = project();
    git('remote', 'add', 'origin', 'git@git.example.com:a/b.git');
    git('checkout', '--quiet', '--detach');
    expect(await findSource(folder)).toMatchObject({ ref: commit });
  });

  it('says what to do about a folder that no job can run from', async () => {
    await expect(findSource(join(folder, 'none'))).rejects.toThrow(
      /There is no folder '.*none'/,
    );
    await expect(findSource(folder)).rejects.toThrow(
      /is not in a git repository.*git init/,
    );
    git('init', '--quiet');
    await expect(findSource(folder)).rejects.toThrow(/has no commit yet/);
    project();
    mkdirSync(join(folder, 'part'));
    await expect(findSource(join(folder, 'part'))).rejects.toThrow(
      `submit ${folder}`,
    );
  });
});

it.each([
  [
    'https://git.example.com:8443/a/b.git',
    'https://git.example.com:8443/a/b.git',
  ],
  ['git@git.example.com:a/b.git', 'https://git.example.com/a/b.git'],
  ['ssh://git@git.example.com:2222/a/b', 'https://git.example.com/a/b'],
  ['/srv/git/a.git', undefined],
  ['file:///srv/git/a.git', undefined],
  ['../b', undefined],
])('finds the https address of %s', (remote, url) => {
  expect(httpsOf(remote)).toBe(url);
});
