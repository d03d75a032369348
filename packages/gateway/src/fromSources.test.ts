/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childCommand } from './processes/childCommand';

jest.setTimeout(60_000);

const kept = join(__dirname, '../../../node_modules/.cache/downstage-gateway');

describe('processes that run from the sources', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sources-'));
  const mark = randomUUID();
  afterAll(() => {
    rmSync(folder, { recursive: true });
    for (const name of readdirSync(kept)) {
      if (!name.endsWith('.js')) continue;
      const path = join(kept, name);
      if (readFileSync(path, 'utf8').includes(mark)) rmSync(path);
    }
  });

  const run = (value: number) => {
    const file = join(folder, 'some.ts');
    writeFileSync(
      file,
      `import { sep } from 'node:path';
       // ${mark}
       const compiler: boolean = Object.keys(require.cache).some(name =>
         name.includes(\`@swc\${sep}core\`),
       );
       process.stdout.write(JSON.stringify({ value: ${value}, compiler }));`,
    );
    const options = childCommand('worker').slice(0, -1);
    const { stdout, stderr } = spawnSync(process.execPath, [...options, file]);
    return stdout.length ? JSON.parse(String(stdout)) : String(stderr);
  };

  it('load the compiler for a file that is new or has changed, and for no other', () => {
    expect(run(1)).toEqual({ value: 1, compiler: true });
    expect(run(1)).toEqual({ value: 1, compiler: false });
    expect(run(2)).toEqual({ value: 2, compiler: true });
    expect(run(1)).toEqual({ value: 1, compiler: false });
  });
});
