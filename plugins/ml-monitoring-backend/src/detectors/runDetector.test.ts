import { volumeDetector } from '@downstage/plugin-ml-monitoring-node/testUtils';
import { runDetector } from './runDetector';

const window = { modelRef: 'model:default/churn', version: 1, rows: 20 };
const run = (hook?: (signal: AbortSignal) => Promise<void>, timeoutMs = 5000) =>
  runDetector({
    kind: 'volume',
    detector: volumeDetector({ hook }).configure({}),
    window,
    timeoutMs,
  });

describe('runDetector', () => {
  it('answers what the detector answers', async () => {
    expect(await run()).toMatchObject({ status: 'ok', headline: 'volume' });
  });

  it('is unknown, with words, where the detector throws', async () => {
    const message =
      "The detector 'volume' could not judge the window: no memory";
    expect(
      await run(async () => {
        throw new Error('no memory');
      }),
    ).toMatchObject({
      status: 'unknown',
      message,
      raised: [],
      signals: [{ name: 'volume', state: 'unknown', message }],
    });
  });

  it('is unknown where the detector hangs, and tells it that nobody waits', async () => {
    let told = false;
    const answer = await run(
      signal =>
        new Promise(() => {
          signal.addEventListener('abort', () => (told = true));
        }),
      20,
    );
    expect(answer).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('did not answer within 0.02 s'),
    });
    expect(told).toBe(true);
  });

  it.each([
    ['of another form', { status: 'fine' }, "does not fit at 'status'"],
    [
      'that is too large',
      { status: 'ok', message: 'x'.repeat(17_000_000) },
      'bytes, and 16000000 are allowed',
    ],
    ['of nothing', undefined, 'does not fit'],
  ])('is unknown where the answer is one %s', async (_, answer, words) => {
    const configured = volumeDetector().configure({});
    const found = await runDetector({
      kind: 'volume',
      detector: { ...configured, evaluate: async () => answer as never },
      window,
      timeoutMs: 5000,
    });
    expect(found.status).toBe('unknown');
    expect(found.message).toContain(words);
  });
});
