import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Environments } from './Environments';
import type { JobSpec } from '@downstage/plugin-ml-jobs-node';
import { until } from '../../testFixtures';
import { createFixture, kindsHere, type LocalFixture } from './localFixture';
import { NoIsolation } from './isolation/NoIsolation';
import { runTool } from './runTool';
import type { Uv, UvState } from './Uv';

jest.setTimeout(180_000);

/** A backend that looks around when a package is built, and packs what it has seen. */
const hostileBackend = `
import os, zipfile
def look(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None
def build_wheel(directory, settings=None, metadata=None):
    name = "planted-1.0-py3-none-any.whl"
    got = {"home": os.environ["HOME"], "key": look("@ROOT@/registry-secrets.key"), "secret": os.environ.get("PORTAL_SECRET_FOR_TEST")}
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.writestr("planted.py", "GOT = %r" % got)
        wheel.writestr("planted-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: planted\\nVersion: 1.0\\n")
        wheel.writestr("planted-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("planted-1.0.dist-info/RECORD", "")
    return name
`;

const makeWheel = `
import sys, zipfile
with zipfile.ZipFile("mylib-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr(zipfile.ZipInfo("mylib/__init__.py"), "WHO = %r" % sys.argv[1])
    wheel.writestr(zipfile.ZipInfo("mylib-1.0.dist-info/METADATA"), "Metadata-Version: 2.1\\nName: mylib\\nVersion: 1.0\\n")
    wheel.writestr(zipfile.ZipInfo("mylib-1.0.dist-info/WHEEL"), "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(zipfile.ZipInfo("mylib-1.0.dist-info/RECORD"), "")
`;

describe.each(kindsHere())('Environments in the isolation %s', kind => {
  let fixture: LocalFixture;
  beforeEach(async () => {
    fixture = await createFixture({ kind });
  });
  afterEach(() => fixture.close());

  const run = async (spec: JobSpec) => {
    const { runtime } = fixture;
    const { handle } = await runtime.submit(spec, {
      idempotencyKey: spec.jobId,
      signal: new AbortController().signal,
    });
    const seen = await until(async () => {
      const { state } = await runtime.inspect(handle);
      return !['absent', 'preparing', 'running'].includes(state) && state;
    });
    const log = await runtime.readLog(handle, { offset: 0, limit: 1e6 });
    return `${seen}: ${log.text}`;
  };

  it('builds a package without the home, the secrets and the files of the portal', async () => {
    const { root, repository } = fixture;
    writeFileSync(join(root, 'registry-secrets.key'), 'SECRET');
    const source = join(root, 'planted-1.0');
    mkdirSync(source);
    writeFileSync(
      join(source, 'backend.py'),
      hostileBackend.replace('@ROOT@', root),
    );
    writeFileSync(
      join(source, 'pyproject.toml'),
      '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    );
    mkdirSync(join(repository, 'vendor'));
    execFileSync(
      'tar',
      ['czf', join(repository, 'vendor/planted-1.0.tar.gz'), 'planted-1.0'],
      { cwd: root },
    );
    const commit = fixture.commitFile(
      'requirements.txt',
      './vendor/planted-1.0.tar.gz\n',
    );
    process.env.PORTAL_SECRET_FOR_TEST = 'SECRET';
    const text = await run(
      await fixture.specOf('', {
        source: fixture.sourceAt(commit),
        definition: {
          apiVersion: 'downstage.dev/v1',
          kind: 'Job',
          entryPoint: 'python -c "import planted; print(planted.GOT)"',
          environment: { requirements: 'requirements.txt' },
        },
      }),
    ).finally(() => delete process.env.PORTAL_SECRET_FOR_TEST);
    expect(text).toMatch(/^succeeded/);
    expect(text).toMatch(/'home': '[^']*\.build\/home'/);
    expect(text).toContain(`'secret': None`);
    // Without an isolation only the environment is clean.
    expect(text).toContain(`'key': ${kind === 'none' ? `'SECRET'` : 'None'}`);
  });
});

describe.each(kindsHere())(
  'A prebuilt environment in the isolation %s',
  kind => {
    let prebuilt: string;
    let fixture: LocalFixture;
    beforeEach(async () => {
      // Every user may read it, as an administrator's would be.
      prebuilt = mkdtempSync(join(tmpdir(), 'prebuilt-'));
      chmodSync(prebuilt, 0o755);
      execFileSync('/usr/bin/python3', [
        '-m',
        'venv',
        '--without-pip',
        prebuilt,
      ]);
      plant('framework', '1.0');
      plant('helper', '1.0');
      fixture = await createFixture({ kind, prebuilt: { ours: prebuilt } });
    });
    afterEach(async () => {
      await fixture.close();
      rmSync(prebuilt, { recursive: true, force: true });
    });

    /** A package as an installer leaves it. */
    function plant(name: string, version: string) {
      const [lib] = readdirSync(join(prebuilt, 'lib'));
      const packages = join(prebuilt, 'lib', lib, 'site-packages');
      const info = join(packages, `${name}-${version}.dist-info`);
      mkdirSync(info, { recursive: true });
      writeFileSync(join(packages, `${name}.py`), `WHO = 'prebuilt ${name}'\n`);
      writeFileSync(
        join(info, 'METADATA'),
        `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
      );
      writeFileSync(join(info, 'INSTALLER'), 'pip\n');
      writeFileSync(join(info, 'RECORD'), `${name}.py,,\n`);
    }

    it('is extended by what it does not have, and stays as it is', async () => {
      const { runtime, repository } = fixture;
      execFileSync('python3', ['-c', makeWheel, 'project'], {
        cwd: repository,
      });
      const commit = fixture.commitFile(
        'requirements.txt',
        // No index has a package of this name and version: it is there already, or the job fails.
        'framework==1.0\nmylib-1.0-py3-none-any.whl\n',
      );
      const jobOf = async () => {
        const spec = await fixture.specOf('', {
          source: fixture.sourceAt(commit),
          definition: {
            apiVersion: 'downstage.dev/v1',
            kind: 'Job',
            entryPoint:
              'python -c "import framework, helper, mylib; print(framework.WHO, helper.WHO, mylib.WHO)"',
            environment: { name: 'ours', requirements: 'requirements.txt' },
          },
        });
        const { handle } = await runtime.submit(spec, {
          idempotencyKey: spec.jobId,
          signal: new AbortController().signal,
        });
        const seen = await until(async () => {
          const found = await runtime.inspect(handle);
          return (
            !['absent', 'preparing', 'running'].includes(found.state) && found
          );
        });
        const { text } = await runtime.readLog(handle, {
          offset: 0,
          limit: 1e6,
        });
        return { ...seen, text };
      };
      const first = await jobOf();
      expect(first.text).toContain(
        'prebuilt framework prebuilt helper project',
      );
      expect(first.text).toMatch(/Building environment \w+ on top of ours/);
      expect(first.state).toBe('succeeded');
      const [lib] = readdirSync(join(prebuilt, 'lib'));
      expect(
        readdirSync(join(prebuilt, 'lib', lib, 'site-packages')).join(),
      ).not.toContain('mylib');

      const second = await jobOf();
      expect(second.environment).toBe(first.environment);
      expect(second.text).toContain('is there already');

      // Another state of the prebuilt one is another environment, whatever the isolation.
      if (kind !== 'none') return;
      plant('later', '1.0');
      expect((await jobOf()).environment).not.toBe(first.environment);
    });
  },
);

describe('Environments', () => {
  it('gives every owner an environment of its own, and each the same one again', async () => {
    const fixture = await createFixture();
    const { root, repository } = fixture;
    const seen: string[] = [];
    const environments = new Environments({
      folder: join(root, 'environments'),
      isolation: new NoIsolation(),
    });
    for (const [owner, text] of [
      ['group:default/a', 'one'],
      ['group:default/b', 'one'],
      ['group:default/a', 'one'],
    ]) {
      execFileSync('python3', ['-c', makeWheel, text], { cwd: repository });
      writeFileSync(
        join(repository, 'requirements.txt'),
        'mylib-1.0-py3-none-any.whl\n',
      );
      const { id, bin } = await environments.provide({
        project: repository,
        owner,
        environment: { requirements: 'requirements.txt' },
        progress: async () => {},
        signal: new AbortController().signal,
      });
      const who = execFileSync(
        join(bin, 'python'),
        ['-c', 'import mylib; print(mylib.WHO)'],
        { encoding: 'utf8' },
      );
      expect(who.trim()).toBe(text);
      seen.push(id);
    }
    expect(new Set(seen).size).toBe(2);
    expect(seen[2]).toBe(seen[0]);
    await fixture.close();
  });
});

describe('Environments with uv', () => {
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'environments-'));
    writeFileSync(join(project, 'requirements.txt'), '# none\n');
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  const build = async (uv: Pick<Uv, 'get'>) => {
    const lines: string[] = [];
    const { signal } = new AbortController();
    const environment = await new Environments({
      folder: join(project, 'environments'),
      uv,
      isolation: new NoIsolation(),
    }).provide({
      project,
      owner: 'group:default/diagnostics',
      environment: { requirements: 'requirements.txt' },
      progress: async line => void lines.push(line),
      signal,
    });
    const { exitCode } = await runTool(
      join(environment.bin, 'python'),
      ['-c', 'import pip'],
      { env: {}, signal },
    );
    return { hasPip: exitCode === 0, log: lines.join('\n') };
  };
  const answers = (state: UvState) => ({ get: async () => state });

  it('has pip do the work where uv cannot be had, and says why', async () => {
    const { hasPip, log } = await build(answers({ unusable: 'no such wheel' }));
    expect(hasPip).toBe(true);
    expect(log).toContain('Installing with pip, because of uv: no such wheel');
  });

  it('gives pip the last word when uv does not manage', async () => {
    const script = join(project, 'uv');
    writeFileSync(script, '#!/bin/sh\necho "error: no such option"\nexit 2\n', {
      mode: 0o755,
    });
    const { hasPip, log } = await build(answers({ command: script, env: {} }));
    expect(hasPip).toBe(true);
    expect(log).toContain('uv did not manage (error: no such option)');
  });

  it('is content with what uv installed, into the folder and nowhere else', async () => {
    const script = join(project, 'uv');
    writeFileSync(script, '#!/bin/sh\necho "called: $*"\n', { mode: 0o755 });
    const { log } = await build(answers({ command: script, env: {} }));
    expect(log).toMatch(
      /called: pip install --python (\S+)\/bin\/python --prefix \1 --only-binary :all: pip -r requirements.txt/,
    );
    expect(log).not.toContain('trying pip');
  });
});
