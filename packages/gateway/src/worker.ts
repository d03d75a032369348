import { Socket } from 'node:net';
import { answerRequest } from './inference/answerRequest';
import { inOnePiece } from './kernel/bytes';
import { FrameReader, toFrame } from './processes/frames';
import { LoadedSession, said } from './inference/LoadedSession';
import type { FromModel, ToModel } from './inference/modelMessages';

/*
 * The process of one model version. It holds one session, and does everything that depends on what clients send:
 * parsing, checking, running, writing the answer. So a model or a body that crashes, hangs or fills the memory
 * ends this process and no other.
 *
 * Talks over descriptor 3. When that closes, the gateway is gone and so is the reason to be.
 */

const socket = new Socket({ fd: 3, readable: true, writable: true });
let session: LoadedSession | undefined;
let version = 0;
let work: Promise<void> = Promise.resolve();

function send(message: FromModel, bytes: Buffer[] = []) {
  socket.cork();
  for (const part of toFrame(message, bytes)) socket.write(part);
  socket.uncork();
}

async function receive(message: ToModel, bytes: Buffer) {
  if (message.type === 'ask') {
    if (!session) return;
    const reply = await answerRequest(session, message, bytes, version);
    send(reply.message, reply.bytes);
    return;
  }
  try {
    version = message.version;
    session = await LoadedSession.load(message);
    send({ type: 'loaded', ...session.description });
  } catch (error) {
    send({ type: 'failed', message: said(error) });
  }
}

const reader = new FrameReader((head, bytes) => {
  work = work.then(() => receive(head as ToModel, inOnePiece(bytes)));
});
socket.on('data', chunk => reader.push(chunk as Buffer));
socket.on('close', () => process.exit(0));
socket.on('error', () => process.exit(0));
