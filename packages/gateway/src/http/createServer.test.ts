import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as send, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startGateway, type Gateway } from '../startGateway';
import {
  aGatewayFolder,
  clientOf,
  theKitModels,
} from '../testUtils/gatewayFixture';

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

describe('an answer of megabytes', () => {
  it('arrives whole, and its connection is used again', async () => {
    const folder = aGatewayFolder();
    const gateway = await startGateway(folder.config);
    const client = clientOf(gateway.url, folder.token);
    const { endpoints } = theKitModels();
    await client.put({
      endpoints: endpoints.filter(item => item.endpoint === 'identity_fp32'),
    });
    await client.untilActive(1);
    const data = Array.from({ length: 300_000 }, (_, index) =>
      Math.fround(index / 7),
    );
    for (let time = 0; time < 3; time++) {
      const { status, body, headers } = await client.post(
        '/v2/models/identity_fp32/infer',
        {
          inputs: [
            { name: 'INPUT0', shape: [1, 300_000], datatype: 'FP32', data },
          ],
        },
      );
      expect(status).toBe(200);
      expect(Number(headers.get('content-length'))).toBeGreaterThan(2e6);
      expect(body.outputs[0].data.map(Math.fround)).toEqual(data);
    }
    await gateway.stop();
    folder.remove();
  });
});

describe('a body that is refused', () => {
  const megabyte = 1024 * 1024;
  const folder = aGatewayFolder({
    maxBodyBytes: 2 * megabyte,
    maxHeldBytes: megabyte,
  });
  let gateway: Gateway;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  beforeAll(async () => {
    gateway = await startGateway(folder.config);
  });
  afterAll(async () => {
    agent.destroy();
    await gateway.stop();
    folder.remove();
  });

  const post = async (body: Buffer, encoding: string) => {
    const request = send(`${gateway.url}/v2/models/none/infer`, {
      agent,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'content-encoding': encoding,
      },
    });
    request.end(body);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    const { localPort } = answer.socket;
    answer.resume();
    await once(answer, 'end');
    return { status: answer.statusCode, localPort };
  };

  it.each([
    ['because it is too large', 413, Buffer.alloc(3 * megabyte), 'identity'],
    [
      'because the gateway holds too much once it is inflated',
      503,
      gzipSync(Buffer.concat([Buffer.alloc(3 * megabyte), randomBytes(9e5)])),
      'gzip',
    ],
    ['because it is not inflated', 400, randomBytes(megabyte - 1), 'gzip'],
    ['because of its encoding', 400, Buffer.alloc(megabyte), 'br'],
    [
      'because the gateway holds too much',
      503,
      Buffer.alloc(1.9 * megabyte),
      'identity',
    ],
  ])(
    '%s leaves its connection to the next request',
    async (_, status, body, encoding) => {
      const refused = await post(body, encoding);
      expect(refused.status).toBe(status);
      expect(await post(Buffer.from('{}'), 'identity')).toEqual({
        status: 404,
        localPort: refused.localPort,
      });
      const client = clientOf(gateway.url, folder.token);
      expect((await client.request('/metrics')).body).toContain(
        'downstage_gateway_held_bytes 0\n',
      );
    },
  );
});
