import { ReadableStream } from 'node:stream/web';
import { TextDecoder, TextEncoder } from 'node:util';
import { jobDuration, jobPhases } from './jobPhases';
import { readEvents } from './readEvents';

Object.assign(globalThis, { TextDecoder });

const at = (second: number) =>
  new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const entry = (type: string, second: number) => ({
  type,
  at: at(second),
  message: type,
});

describe('the phases of a job', () => {
  it('adds up attempts and counts the last one until now', () => {
    const timeline = [
      entry('queued', 0),
      entry('preparing', 2),
      entry('running', 5),
      entry('retrying', 9),
      entry('preparing', 10),
      entry('running', 12),
    ];
    expect(jobPhases({ timeline }, new Date(at(20)))).toEqual({
      waited: 3000,
      prepared: 5000,
      ran: 12000,
    });
  });

  it('knows no duration before the start', () => {
    expect(jobDuration({}, new Date(at(9)))).toBeUndefined();
    expect(
      jobDuration({ startedAt: at(1), endedAt: at(4) }, new Date(at(9))),
    ).toBe(3000);
  });
});

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
