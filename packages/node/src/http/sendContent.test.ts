import { once } from 'node:events';
import { get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import express, { type ErrorRequestHandler } from 'express';
import { sendContent } from './sendContent';

const servers: Server[] = [];

/** What became of the call, and the answer of a server that sends the content. */
async function serve(content: Readable) {
  const app = express();
  const errors: unknown[] = [];
  let sent: Promise<void> | undefined;
  app.get('/', (_request, response, next) => {
    sent = sendContent(content, response);
    sent.catch(next);
  });
  const onError: ErrorRequestHandler = (error, _request, response, next) => {
    errors.push(error.message);
    if (response.headersSent) next(error);
    else response.status(500).end('failed');
  };
  app.use(onError);
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = get({ port, host: '127.0.0.1', agent: false });
  const answer = (async () => {
    const [response]: IncomingMessage[] = await once(asked, 'response');
    return response;
  })();
  answer.catch(() => {});
  return { asked, answer, errors, sent: () => sent };
}

async function textOf(response: IncomingMessage) {
  let text = '';
  for await (const piece of response) text += piece;
  return text;
}

describe('sendContent', () => {
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });

  it.each([[[]], [['a', 'b']]])('sends %j whole', async pieces => {
    const call = await serve(Readable.from(pieces.map(Buffer.from)));
    expect(await textOf(await call.answer)).toBe(pieces.join(''));
    await call.sent();
    expect(call.errors).toEqual([]);
  });

  it('closes the stream of a client that leaves, and throws nothing', async () => {
    const content = new Readable({ read() {} });
    content.push('first');
    const call = await serve(content);
    await call.answer;
    const closed = once(content, 'close').catch(() => {});
    call.asked.destroy();
    await closed;
    await call.sent();
    expect(content.destroyed).toBe(true);
    expect(call.errors).toEqual([]);
  });

  it('closes a stream that has given nothing when the client leaves', async () => {
    let reads = () => {};
    const reading = new Promise<void>(resolve => {
      reads = resolve;
    });
    const content = new Readable({ read: () => reads() });
    const call = await serve(content);
    call.asked.on('error', () => {});
    await reading;
    const closed = once(content, 'close');
    call.asked.destroy();
    await closed;
    await call.sent();
    expect(call.errors).toEqual([]);
  });

  it('answers an error of a stream that fails before its first byte', async () => {
    const content = new Readable({
      read() {
        this.destroy(new Error('gone'));
      },
    });
    const call = await serve(content);
    const answer = await call.answer;
    expect([answer.statusCode, await textOf(answer)]).toEqual([500, 'failed']);
    expect(call.errors).toEqual(['gone']);
  });

  it('cuts the answer of a stream that fails later', async () => {
    const content = new Readable({ read() {} });
    content.push('first');
    const call = await serve(content);
    const answer = await call.answer;
    const text = textOf(answer);
    content.destroy(new Error('disk'));
    await expect(text).rejects.toThrow('aborted');
    expect(call.errors).toEqual(['disk']);
  });
});
