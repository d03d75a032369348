/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

jest.setTimeout(300_000);

describe('requests that no client should send', () => {
  it('end nothing, get no 500, and leave right requests right', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
    const report = join(folder, 'report.json');
    const fuzz = spawn(
      process.execPath,
      [
        join(__dirname, '../../fuzz/run.mjs'),
        ...['--cases', '3000', '--seed', '7', '--json', report],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const [code] = await once(fuzz, 'exit');
    const { problems, statuses } = JSON.parse(readFileSync(report, 'utf8'));
    rmSync(folder, { recursive: true });
    expect(problems).toEqual([]);
    expect(code).toBe(0);
    // It is no proof when everything is refused at the door.
    expect(statuses['200']).toBeGreaterThan(50);
  });
});
