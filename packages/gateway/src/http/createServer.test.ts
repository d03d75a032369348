import { connect } from 'node:net';
import { startGateway, type Gateway } from '../startGateway';
import { aGatewayFolder, clientOf } from '../testUtils/gatewayFixture';

jest.setTimeout(60_000);

describe('a request target', () => {
  const folder = aGatewayFolder();
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway(folder.config);
  });
  afterAll(async () => {
    await gateway.stop();
    folder.remove();
  });

  /** The first line of the answer to exactly this target. */
  const statusOf = (target: string) =>
    new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(gateway.url);
      const socket = connect({ host: hostname, port: Number(port) }, () =>
        socket.write(
          `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
        ),
      );
      let text = '';
      socket.on('data', chunk => {
        text += chunk;
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text.split('\r\n')[0]));
    });

  // Each of these has ended the process once.
  it.each(['//', '/\\', 'http://[', '///', '//[', '/\\\\', 'http://'])(
    'such as %s is answered, and so is the next request',
    async target => {
      expect(await statusOf(target)).toMatch(/^HTTP\/1\.1 4\d\d /);
      const client = clientOf(gateway.url, folder.token);
      expect((await client.request('/v2/health/live')).status).toBe(200);
    },
  );

  it('of nothing but slashes costs no more than it is long', async () => {
    expect(await statusOf(`${'/'.repeat(15_000)}x`)).toMatch(/404/);
  });
});
