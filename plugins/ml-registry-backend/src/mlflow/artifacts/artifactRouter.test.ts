import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as ask } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import {
  mockCredentials,
  startTestBackend,
} from '@backstage/backend-test-utils';
import request from 'supertest';
import { fillDisk } from '../../__testUtils__/fillDisk';
import { peopleFactory } from '../../__testUtils__/people';
import { trackingTestPlugin } from '../../__testUtils__/trackingTestPlugin';

jest.setTimeout(60_000);
const mount = '/api/ml-registry/mlflow/api/2.0';
const header = mockCredentials.user.header('user:default/ann');
const digest = createHash('sha256').update('0123456789').digest('hex');

describe('artifacts over HTTP', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  let folder: string;
  const agent = () => request(backend.server);
  const at = (path: string) =>
    `${mount}/mlflow-artifacts/artifacts/${folder}/${path}`;

  beforeAll(async () => {
    backend = await startTestBackend({
      features: [trackingTestPlugin(), peopleFactory],
    });
    const { body } = await agent()
      .post(`${mount}/mlflow/runs/create`)
      .set('authorization', header)
      .send({ experiment_id: '0' });
    folder = `0/${body.run.info.run_id}/artifacts`;
    await agent()
      .put(at('digits.html'))
      .set('authorization', header)
      .send(Buffer.from('0123456789'))
      .expect(200);
  });
  afterAll(() => backend.stop());

  const get = (headers: Record<string, string> = {}) =>
    agent()
      .get(at('digits.html'))
      .set({ authorization: header, ...headers })
      .buffer();

  it('is an attachment that nobody guesses the type of, with its checksum', async () => {
    const { headers, text } = await get();
    expect(text).toBe('0123456789');
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': 'attachment; filename=digits.html',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      etag: `"${digest}"`,
      'x-content-sha256': digest,
      'repr-digest': `sha-256=:${Buffer.from(digest, 'hex').toString(
        'base64',
      )}:`,
    });
  });

  it('sends an empty file', async () => {
    await agent()
      .put(at('empty.txt'))
      .set('authorization', header)
      .set('content-length', '0');
    const { status, text, headers } = await agent()
      .get(at('empty.txt'))
      .set('authorization', header);
    expect({ status, text, length: headers['content-length'] }).toEqual({
      status: 200,
      text: '',
      length: '0',
    });
  });

  it('answers HEAD with the size and nothing else', async () => {
    const { headers, text, status } = await agent()
      .head(at('digits.html'))
      .set('authorization', header);
    expect({ status, text, length: headers['content-length'] }).toEqual({
      status: 200,
      text: undefined,
      length: '10',
    });
  });

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-', '456789', 'bytes 4-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=8-100', '89', 'bytes 8-9/10'],
  ])('answers the range %s', async (range, text, contentRange) => {
    const response = await get({ range });
    expect(response.status).toBe(206);
    expect(response.text).toBe(text);
    expect(response.headers['content-range']).toBe(contentRange);
    expect(response.headers['content-length']).toBe(String(text.length));
  });

  it.each([
    ['several ranges', { range: 'bytes=0-1,4-5' }],
    ['another unit', { range: 'lines=0-1' }],
    ['nonsense', { range: 'x' }],
    ['a range of other content', { range: 'bytes=0-1', 'if-range': '"old"' }],
  ])('answers %s with the whole file', async (_what, headers) => {
    const response = await get(headers);
    expect(response.status).toBe(200);
    expect(response.text).toBe('0123456789');
  });

  it('says how long the file is when a range lies outside', async () => {
    const response = await get({ range: 'bytes=10-' });
    expect(response.status).toBe(416);
    expect(response.headers['content-range']).toBe('bytes */10');
  });

  it('does not send what the client has', async () => {
    expect((await get({ 'if-none-match': `"${digest}"` })).status).toBe(304);
    const range = await get({ range: 'bytes=0-1', 'if-range': `"${digest}"` });
    expect(range.status).toBe(206);
  });

  it('leaves nothing of an upload that ends before its announced length', async () => {
    const address = backend.server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `PUT ${at(
        'half.bin',
      )} HTTP/1.1\r\nhost: x\r\nauthorization: ${header}\r\ncontent-length: 1000000\r\n\r\n`,
    );
    socket.write(Buffer.alloc(500_000));
    socket.end();
    await once(socket.resume(), 'close');
    const { body } = await agent()
      .get(`${mount}/mlflow-artifacts/artifacts?path=${folder}`)
      .set('authorization', header);
    expect(body.files.map((file: { path: string }) => file.path)).toEqual([
      'digits.html',
      'empty.txt',
    ]);
  });

  it('tells a client that is still sending that the disk is full, and keeps nothing', async () => {
    const address = backend.server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const connection = new Agent({ keepAlive: true, maxSockets: 1 });
    const put = (path: string, headers: Record<string, string>, mib: number) =>
      new Promise<{ status?: number; text: string }>((resolve, reject) => {
        const sent = ask(
          { port, path, method: 'PUT', headers, agent: connection },
          answer =>
            readText(answer).then(
              text => resolve({ status: answer.statusCode, text }),
              reject,
            ),
        );
        sent.once('error', reject);
        Readable.from(
          Array.from({ length: mib }, () => Buffer.alloc(1 << 20)),
        ).pipe(sent);
      });
    const { body: upload } = await agent()
      .post(`${mount}/mlflow-artifacts/mpu/create/${folder}`)
      .set('authorization', header)
      .send({ path: 'full.bin', num_parts: 1 });
    const [part] = upload.credentials;
    const room = await fillDisk();
    try {
      for (const answer of [
        await put(at('full.bin'), { authorization: header }, 24),
        await put(new URL(part.url).pathname, part.headers, 24),
      ]) {
        expect(answer.status).toBe(507);
        expect(JSON.parse(answer.text)).toEqual({
          error_code: 'RESOURCE_EXHAUSTED',
          message: expect.stringContaining('no room left on its disk'),
        });
      }
    } finally {
      room.mockRestore();
    }
    // On the same connection: nothing of the refused uploads is in the way.
    expect(await put(at('fits.bin'), { authorization: header }, 1)).toEqual({
      status: 200,
      text: '{}',
    });
    connection.destroy();
    await agent().delete(at('fits.bin')).set('authorization', header);
    const { body } = await agent()
      .get(`${mount}/mlflow-artifacts/artifacts?path=${folder}`)
      .set('authorization', header);
    expect(body.files).toHaveLength(2);
  });

  it('answers a refusal on a connection that goes on working, however much was sent with it', async () => {
    const address = backend.server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const connection = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const expected of [404, 404]) {
      const status = await new Promise((resolve, reject) => {
        const path = `${mount}/mlflow-artifacts/artifacts/0/none/artifacts/x`;
        const sent = ask(
          {
            port,
            path,
            method: 'PUT',
            headers: { authorization: header },
            agent: connection,
          },
          answer => {
            answer.resume();
            answer.once('end', () => resolve(answer.statusCode));
          },
        );
        sent.once('error', reject);
        sent.end(Buffer.alloc(8 << 20));
      });
      expect(status).toBe(expected);
    }
    connection.destroy();
  });

  it.each([
    '..%2f..%2fx',
    '%2e%2e/%2e%2e/x',
    '%252e%252e%252fx',
    'a%5c..%5c..%5cx',
    'a%00b',
    '%2fetc%2fpasswd',
    'x'.repeat(300),
  ])('refuses the path %s in every direction', async path => {
    for (const method of ['get', 'put', 'delete'] as const) {
      const { status, body } = await agent()
        [method](at(path))
        .set('authorization', header);
      expect({ status, body }).toEqual({
        status: 400,
        body: {
          error_code: 'INVALID_PARAMETER_VALUE',
          message: 'Invalid path',
        },
      });
    }
  });

  it('takes a file in parts, from addresses that need no token', async () => {
    const mpu = (what: string, body: object) =>
      agent()
        .post(`${mount}/mlflow-artifacts/mpu/${what}/${folder}/model`)
        .set('authorization', header)
        .send(body);
    const { body: upload } = await mpu('create', {
      path: '/home/ann/big file.bin',
      num_parts: 2,
    });
    expect(upload.credentials).toHaveLength(2);
    const send = async (number: number, content: string) => {
      const { url, headers } = upload.credentials[number - 1];
      const answer = await fetch(url, {
        method: 'PUT',
        headers,
        body: content,
      });
      expect(answer.status).toBe(200);
      return { part_number: number, etag: answer.headers.get('etag') };
    };
    const parts = [await send(1, 'abc'), await send(2, 'def')];
    const unsigned = await fetch(upload.credentials[0].url, {
      method: 'PUT',
      body: 'x',
    });
    expect(unsigned.status).toBe(401);
    const { upload_id } = upload;
    const path = 'big file.bin';
    await mpu('complete', { path, upload_id, parts }).expect(200);
    const { body: signed } = await agent()
      .get(`${mount}/mlflow-artifacts/presigned/${folder}/model/big%20file.bin`)
      .set('authorization', header);
    expect(signed.file_size).toBe(6);
    const part = await fetch(signed.url, {
      headers: { ...signed.headers, range: 'bytes=2-3' },
    });
    expect(await part.text()).toBe('cd');
    expect((await fetch(signed.url)).status).toBe(401);
    const other = await fetch(signed.url.replace('big', 'bag'), {
      headers: signed.headers,
    });
    expect(other.status).toBe(403);

    const { body: second } = await mpu('create', { path, num_parts: 1 });
    const abort = { path, upload_id: second.upload_id };
    await mpu('abort', abort).expect(200);
    expect((await mpu('abort', abort)).status).toBe(404);
  });

  it('answers in the shape of MLflow, with 409, when a version uses the file', async () => {
    const post = (path: string, body: object) =>
      agent()
        .post(`${mount}/mlflow/${path}`)
        .set('authorization', header)
        .send(body);
    await agent()
      .put(at('frozen/MLmodel'))
      .set('authorization', header)
      .send(Buffer.from('x'))
      .expect(200);
    await post('registered-models/create', { name: 'frozen' });
    await post('model-versions/create', {
      name: 'frozen',
      source: `mlflow-artifacts:/${folder}/frozen`,
    }).expect(200);
    for (const method of ['put', 'delete'] as const) {
      const { status, body } = await agent()
        [method](at('frozen/MLmodel'))
        .set('authorization', header);
      expect({ status, body }).toEqual({
        status: 409,
        body: {
          error_code: 'RESOURCE_CONFLICT',
          message: expect.stringContaining(
            'The file belongs to version 1 of frozen',
          ),
        },
      });
    }
  });
});
