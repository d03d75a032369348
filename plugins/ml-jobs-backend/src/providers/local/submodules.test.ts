import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '@downstage/node/testUtils';
import { startGitHost, type GitHost } from '../../__testUtils__/gitOverHttps';
import { SourceService } from '../../services/SourceService';
import { makeWorkingCopy } from './workingCopy';

jest.setTimeout(60_000);

/** A real git host with TLS on this machine; the project lies in a folder, as those of a portal do. */
describe('submodules and sources over https', () => {
  const trust = process.env.GIT_SSL_CAINFO;
  let root: string;
  let host: GitHost;
  let other: GitHost;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'submodules-'));
    for (const name of ['hosted', 'elsewhere', 'keys', 'keys2', 'cache'])
      mkdirSync(join(root, name));
    host = await startGitHost({
      folder: join(root, 'hosted'),
      keys: join(root, 'keys'),
    });
    other = await startGitHost({
      folder: join(root, 'elsewhere'),
      keys: join(root, 'keys2'),
    });
    const both = join(root, 'both.pem');
    writeFileSync(
      both,
      [host, other]
        .map(({ certificate }) => readFileSync(certificate))
        .join(''),
    );
    process.env.GIT_SSL_CAINFO = both;
  });
  afterEach(async () => {
    if (trust === undefined) delete process.env.GIT_SSL_CAINFO;
    else process.env.GIT_SSL_CAINFO = trust;
    await host.close();
    await other.close();
    rmSync(root, { recursive: true, force: true });
  });

  /** A repository with one file and the submodules of these addresses, at a commit each. */
  function repository(
    path: string,
    submodules: Record<string, { url: string; commit: string }> = {},
  ) {
    const folder = join(root, path);
    mkdirSync(folder, { recursive: true });
    git(folder, 'init', '-q', '-b', 'main');
    writeFileSync(join(folder, 'file.txt'), `of ${path}\n`);
    writeFileSync(join(folder, 'downstage.yaml'), `# of ${path}\n`);
    const lines = Object.entries(submodules).map(
      ([name, { url }]) =>
        `[submodule "${name}"]\n  path = ${name}\n  url = ${url}\n`,
    );
    if (lines.length)
      writeFileSync(join(folder, '.gitmodules'), lines.join(''));
    git(folder, 'add', '.');
    for (const [name, { commit }] of Object.entries(submodules)) {
      const entry = `160000,${commit},${name}`;
      git(folder, 'update-index', '--add', '--cacheinfo', entry);
    }
    git(folder, 'commit', '-qm', path);
    return { folder, commit: git(folder, 'rev-parse', 'HEAD') };
  }

  async function copy(project: { folder: string; commit: string }) {
    const said: string[] = [];
    const target = join(root, 'copy');
    await makeWorkingCopy({
      repository: project.folder,
      commit: project.commit,
      target,
      hosts: [host.host],
      progress: async line => {
        said.push(line);
      },
      signal: AbortSignal.timeout(50_000),
    });
    return {
      said,
      read: (path: string) =>
        existsSync(join(target, path))
          ? readFileSync(join(target, path), 'utf8')
          : undefined,
    };
  }

  it('fetches them from a host of the configuration, and theirs as well', async () => {
    const deep = repository('hosted/deep');
    const lib = repository('hosted/lib', {
      deep: { url: host.urlOf('deep/.git'), commit: deep.commit },
    });
    const project = repository('project', {
      lib: { url: host.urlOf('lib/.git'), commit: lib.commit },
    });
    const { said, read } = await copy(project);
    expect(read('lib/file.txt')).toBe('of hosted/lib\n');
    expect(read('lib/deep/file.txt')).toBe('of hosted/deep\n');
    expect(said).toEqual([
      "Fetching the submodule 'lib'",
      "Fetching the submodule 'deep'",
    ]);
  });

  it('asks no other host, also where a submodule names one', async () => {
    const far = repository('elsewhere/far');
    const lib = repository('hosted/lib', {
      far: { url: other.urlOf('far/.git'), commit: far.commit },
    });
    const project = repository('project', {
      lib: { url: host.urlOf('lib/.git'), commit: lib.commit },
      far: { url: other.urlOf('far/.git'), commit: far.commit },
    });
    const { said, read } = await copy(project);
    expect(read('lib/file.txt')).toBe('of hosted/lib\n');
    expect([read('far/file.txt'), read('lib/far/file.txt')]).toEqual([
      undefined,
      undefined,
    ]);
    expect(said.filter(line => line.includes('stays'))).toHaveLength(2);
    expect(other.asked).toEqual([]);
  });

  it('follows no redirect, and adds what hosts add by one', async () => {
    const far = repository('elsewhere/far');
    const lib = repository('hosted/lib.git');
    host.redirects.set('/far', other.urlOf('far/.git'));
    host.redirects.set('/lib', host.urlOf('lib.git'));
    const short = repository('short', {
      lib: { url: host.urlOf('lib'), commit: lib.commit },
    });
    expect((await copy(short)).read('lib/file.txt')).toBe(
      'of hosted/lib.git\n',
    );
    const project = repository('project', {
      far: { url: host.urlOf('far'), commit: far.commit },
    });
    await expect(copy(project)).rejects.toThrow(
      "The submodule 'far' could not be fetched: the address leads to another one",
    );
    expect(other.asked).toEqual([]);
  });

  it('trusts no certificate that the machine does not', async () => {
    process.env.GIT_SSL_CAINFO = other.certificate;
    const lib = repository('hosted/lib');
    const project = repository('project', {
      lib: { url: host.urlOf('lib/.git'), commit: lib.commit },
    });
    await expect(copy(project)).rejects.toThrow(/certificate/);
  });

  it('resolves a source of the host, and finds what is newer', async () => {
    const lib = repository('hosted/lib');
    const sources = new SourceService({
      roots: [join(root, 'projects')],
      hosts: [host.host],
      cache: join(root, 'cache'),
    });
    const source = { repository: host.urlOf('lib/.git') };
    expect(await sources.resolve(source)).toMatchObject({
      commit: lib.commit,
      definition: expect.stringContaining('# of hosted/lib'),
    });
    git(lib.folder, 'commit', '-q', '--allow-empty', '-m', 'newer');
    const newer = git(lib.folder, 'rev-parse', 'HEAD');
    expect(await sources.resolve(source)).toMatchObject({ commit: newer });
    await expect(
      sources.resolve({ repository: other.urlOf('far/.git') }),
    ).rejects.toThrow(/may not be fetched from/);
    expect(other.asked).toEqual([]);
  });
});
