import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepOutput } from '../__testUtils__/keepOutput';
import { validate } from './validate';

describe('downstage validate', () => {
  let folder: string;
  let kept: ReturnType<typeof keepOutput>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'validate-'));
    kept = keepOutput();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = undefined;
    rmSync(folder, { recursive: true });
  });

  async function run(text: string | undefined, ...words: string[]) {
    if (text !== undefined) writeFileSync(join(folder, 'downstage.yaml'), text);
    if (typeof validate.execute !== 'function') throw new Error('No command');
    await validate.execute({
      args: [folder, ...words],
      info: { usage: 'downstage validate', name: 'validate' },
    });
  }
  const minimal =
    'apiVersion: downstage.dev/v1\nkind: Job\nname: train\nentryPoint: make train\n';

  it('ends with 0 for a file without a mistake', async () => {
    await run(minimal);
    expect(kept.err).toContain('downstage.yaml is right: train');
    expect(process.exitCode).toBeUndefined();
  });

  it('ends with 1 and a table of the mistakes', async () => {
    await run(minimal.replace('entryPoint', 'entrypoint'));
    expect(kept.out).toMatch(
      /^WHERE +WHAT +WHY\n.*downstage\.yaml:4:1 +mistake +unknown key 'entrypoint'; did you mean entryPoint\?/,
    );
    expect(process.exitCode).toBe(1);
  });

  it('gives programs JSON', async () => {
    await run(`${minimal}retries: many\n`, '--json');
    expect(JSON.parse(kept.out)).toMatchObject({
      valid: false,
      mistakes: [{ line: 5, column: 1, message: expect.any(String) }],
    });
    expect(process.exitCode).toBe(1);
  });

  it('ends with 2 where there is nothing to check', async () => {
    await run(undefined);
    expect(kept.err).toContain("'downstage init' writes one");
    expect(process.exitCode).toBe(2);
  });
});
