import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemOf, yarnSettings } from '../prepare.mjs';
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
