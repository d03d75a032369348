import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Environments } from './Environments';
import { runTool } from './runTool';
import type { Uv, UvState } from './Uv';

jest.setTimeout(60_000);

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
    }).provide({
      project,
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

  it('is content with what uv installed', async () => {
    const script = join(project, 'uv');
    writeFileSync(script, '#!/bin/sh\necho "called: $*"\n', { mode: 0o755 });
    const { log } = await build(answers({ command: script, env: {} }));
    expect(log).toMatch(
      /called: pip install --python .*bin\/python pip -r requirements.txt/,
    );
    expect(log).not.toContain('trying pip');
  });
});
