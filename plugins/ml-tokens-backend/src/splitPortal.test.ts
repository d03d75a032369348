import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockServices,
  ServiceFactoryTester,
} from '@backstage/backend-test-utils';
import { formatTokenSubject, tokenScopesFactory } from '@downstage/node';
import { mlJobsTokenScopes } from '@downstage/plugin-ml-jobs-common';
import {
  downstageTokenHandler,
  newSecret,
} from '@downstage/plugin-ml-tokens-node';

const subject = formatTokenSubject({
  actor: 'user:default/ann',
  tokenId: 'k3v9',
  tokenName: 'nightly',
  scopes: ['track'],
  groups: ['user:default/ann'],
});

describe('a backend without ml-tokens', () => {
  const good = newSecret();
  const revoked = newSecret();
  let server: Server;
  let asked: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const [, secret] = (request.headers.authorization ?? '').split(' ');
      asked.push(`${request.url} ${secret}`);
      response.setHeader('content-type', 'application/json');
      if (secret === good) {
        const current = {
          id: 'k3v9',
          name: 'nightly',
          actor: 'user:default/ann',
          scopes: ['track'],
          owns: [],
          subject,
        };
        response.end(JSON.stringify(current));
        return;
      }
      response.statusCode = secret === revoked ? 401 : 503;
      const error = { name: 'AuthenticationError', message: 'It was revoked' };
      response.end(JSON.stringify({ error, response: {} }));
    });
    await new Promise<void>(done => {
      server.listen(0, '127.0.0.1', done);
    });
  });
  beforeEach(() => {
    asked = [];
  });
  afterAll(() => server.close());

  async function verifier(pluginId = 'ml-jobs') {
    const { port } = server.address() as AddressInfo;
    const [handler] = await ServiceFactoryTester.from(downstageTokenHandler, {
      dependencies: [
        tokenScopesFactory([mlJobsTokenScopes]),
        createServiceFactory({
          service: coreServices.discovery,
          deps: {},
          factory: () =>
            mockServices.discovery.mock({
              getBaseUrl: async id => `http://127.0.0.1:${port}/${id}`,
            }),
        }),
      ],
    }).getSubject(pluginId);
    const context = handler.initialize({
      options: mockServices.rootConfig({ data: {} }),
    });
    return (token: string) => handler.verifyToken(token, context);
  }

  it('lets the token ask ml-tokens itself whom it speaks for, and remembers the answer', async () => {
    const verify = await verifier();
    expect(await verify(good)).toEqual({ subject });
    expect(await verify(good)).toEqual({ subject });
    expect(asked).toEqual([`/ml-tokens/v1/token ${good}`]);
  });

  it('passes on why a token is refused', async () => {
    const verify = await verifier();
    await expect(verify(revoked)).rejects.toMatchObject({
      name: 'AuthenticationError',
      message: 'It was revoked',
    });
  });

  it('asks again after trouble, which is no answer', async () => {
    const verify = await verifier();
    const unlucky = newSecret();
    await expect(verify(unlucky)).rejects.toThrow(/503/);
    await expect(verify(unlucky)).rejects.toThrow(/503/);
    expect(asked).toHaveLength(2);
  });

  it('asks nobody about rubbish, other tokens, and plugins that take none', async () => {
    const verify = await verifier();
    expect(await verify('a-static-token')).toBeUndefined();
    await expect(verify('dst_rubbish')).rejects.toThrow(/checksum/);
    await expect((await verifier('catalog'))(good)).rejects.toThrow(
      /catalog needs the token of a person/,
    );
    expect(asked).toEqual([]);
  });
});
