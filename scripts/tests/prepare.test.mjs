import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { linkProgram, problemOf, yarnSettings } from '../prepare.mjs';
import { run } from '../shell.mjs';

describe('the packages of a fresh clone', () => {
  it('come by the certificates, registry and proxy that npm was told of', () => {
    assert.deepEqual(
      yarnSettings({
        npm_config_cafile: '/etc/ssl/company.pem',
        npm_config_registry: 'https://registry.example/',
        npm_config_noproxy: '',
        https_proxy: 'http://proxy.example:3128',
      }),
      {
        YARN_HTTPS_CA_FILE_PATH: '/etc/ssl/company.pem',
        YARN_NPM_REGISTRY_SERVER: 'https://registry.example/',
        YARN_HTTPS_PROXY: 'http://proxy.example:3128',
      },
    );
    assert.deepEqual(yarnSettings({}), {});
  });

  it('that cannot be fetched are heard of at once', () => {
    const said = [
      '➤ YN0000: ┌ Fetch step',
      '➤ YN0001: │ RequestError: self-signed certificate in certificate chain',
      '    at ClientRequest.<anonymous> (yarn.cjs:146:14258)',
      '➤ YN0001: │ Error: getaddrinfo ENOTFOUND registry.example',
      '➤ YN0013: │ 12 packages were added',
    ];
    assert.deepEqual(said.map(problemOf), [
      undefined,
      'self-signed certificate in certificate chain',
      undefined,
      'getaddrinfo ENOTFOUND registry.example',
      undefined,
    ]);
  });

  it('hear each line of a command while it runs', async () => {
    const lines = [];
    await run(
      process.execPath,
      [
        '-e',
        "process.stdout.write('on'); process.stdout.write('e\\ntwo\\nrest')",
      ],
      { quiet: true, onLine: line => lines.push(line) },
    );
    assert.deepEqual(lines, ['one', 'two']);
  });
});

describe('a program that the portal starts', () => {
  it('comes alone, without the Python beside it, and in place of an older one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'downstage-programs-'));
    try {
      for (const version of ['old', 'new']) {
        const bin = join(folder, version, 'bin');
        await mkdir(bin, { recursive: true });
        for (const name of ['mkdocs', 'python3']) {
          const text = `#!/bin/sh\necho ${version}\n`;
          await writeFile(join(bin, name), text, { mode: 0o755 });
        }
        await linkProgram(join(folder, 'bin'), join(bin, 'mkdocs'));
      }
      assert.deepEqual(await readdir(join(folder, 'bin')), ['mkdocs']);
      const { stdout } = await promisify(execFile)('mkdocs', [], {
        env: { PATH: join(folder, 'bin') },
      });
      assert.equal(stdout, 'new\n');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
