import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import type { Request } from 'express';
import { onBehalfOfHeaders, requestCredentials } from './onBehalfOf';
import { formatTokenSubject } from './tokenSubject';

const subject = formatTokenSubject({
  actor: 'user:default/ann',
  tokenId: 'k3v9',
  tokenName: 'nightly',
  scopes: ['train'],
  groups: ['user:default/ann'],
});
const header = onBehalfOfHeaders(mockCredentials.service(subject));

async function arrivesAs(
  authorization: string,
  headers: Record<string, string> = header,
) {
  const { principal } = await requestCredentials(mockServices.httpAuth(), {
    headers: { authorization, ...headers },
  } as unknown as Request);
  return principal.type === 'user'
    ? principal.userEntityRef
    : principal.subject;
}

describe('a call from plugin to plugin', () => {
  it('carries the token for which it is made', async () => {
    expect(
      await arrivesAs(
        mockCredentials.service.header({
          onBehalfOf: mockCredentials.service('plugin:ml-jobs'),
          targetPluginId: 'test',
        }),
      ),
    ).toBe(subject);
  });

  it('carries a static token of the configuration, which is no plugin', async () => {
    const credentials = mockCredentials.service('external:ci');
    expect(
      await arrivesAs(
        mockCredentials.service.header({
          onBehalfOf: mockCredentials.service('plugin:ml-jobs'),
          targetPluginId: 'test',
        }),
        onBehalfOfHeaders(credentials),
      ),
    ).toBe('external:ci');
  });

  it('carries nothing for people and plugins, who are carried by Backstage or speak for themselves', () => {
    expect(onBehalfOfHeaders(mockCredentials.user())).toEqual({});
    expect(
      onBehalfOfHeaders(mockCredentials.service('plugin:ml-jobs')),
    ).toEqual({});
  });

  it('believes the header from nobody but a plugin', async () => {
    expect(
      await arrivesAs(mockCredentials.user.header('user:default/cleo')),
    ).toBe('user:default/cleo');
  });

  it('refuses a plugin that names nobody, or a plugin', async () => {
    const plugin = mockCredentials.service.header({
      onBehalfOf: mockCredentials.service('plugin:ml-jobs'),
      targetPluginId: 'test',
    });
    for (const wrong of [
      'plugin:ml-registry',
      'service:plugin:ml-registry',
      'service:',
      'user:default/ann',
      '%E0%A4',
      '',
    ]) {
      await expect(
        arrivesAs(plugin, { 'x-downstage-on-behalf-of': wrong }),
      ).rejects.toThrow(/Illegal|names nobody|expected the subject/i);
    }
  });
});
