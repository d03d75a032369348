import { ReadableStream } from 'node:stream/web';
import { TextDecoder, TextEncoder } from 'node:util';
import { readEvents } from './readEvents';

Object.assign(globalThis, { TextDecoder });

it('reads events that arrive in pieces, and skips comments', async () => {
  const pieces = [
    'event: log\nid: 3\nda',
    'ta: {"text":"a\\n\\nb"}\n\n: still',
    ' here\n\nevent: end\ndata: {}\n\n',
  ];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      pieces.forEach(piece =>
        controller.enqueue(new TextEncoder().encode(piece)),
      );
      controller.close();
    },
  });
  const seen: unknown[] = [];
  for await (const event of readEvents(body as never)) seen.push(event);
  expect(seen).toEqual([
    { event: 'log', data: '{"text":"a\\n\\nb"}' },
    { event: 'end', data: '{}' },
  ]);
});
