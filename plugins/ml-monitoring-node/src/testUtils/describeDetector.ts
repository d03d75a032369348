/* eslint-disable jest/no-export -- the suite is shared by the packages that implement detectors */
import { signalSchema } from '@downstage/plugin-ml-monitoring-common';
import type { Detector, DetectorWindow } from '../detector';

/** What the contract suite needs of a detector. */
export type DetectorFixture = {
  detector: Detector;
  /** Settings that fit; the windows below are judged with them. */
  settings: Record<string, unknown>;
  /** Settings that do not fit. */
  badSettings: Record<string, unknown>;
  windows: {
    /** Nothing is wrong. */
    quiet: DetectorWindow;
    /** A warning, or drift. */
    alarming: DetectorWindow;
    /** Fewer rows than a verdict needs. */
    small: DetectorWindow;
    /** No rows. */
    empty: DetectorWindow;
  };
};

/** An answer is stored, and sent to pages. */
const MOST_BYTES = 1_000_000;

/**
 * The tests that every detector passes.
 *
 * @example
 * ```ts
 * describeDetector('volume', async () => ({ detector, settings, badSettings, windows }));
 * ```
 */
export function describeDetector(
  name: string,
  create: () => Promise<DetectorFixture>,
) {
  describe(`Detector contract: ${name}`, () => {
    let fixture: DetectorFixture;
    beforeEach(async () => {
      fixture = await create();
    });

    const judge = (window: DetectorWindow) =>
      fixture.detector
        .configure(fixture.settings)
        .evaluate(window, { signal: new AbortController().signal });

    it('says what it is and what it needs', () => {
      const { detector } = fixture;
      expect(detector.specVersion).toBe('v1');
      expect(detector.kind).toMatch(/^[a-z][a-z0-9-]{0,62}$/);
      expect(detector.title).toMatch(/\w/);
      expect(detector.needs).toEqual({
        baseline: expect.any(Boolean),
        columns: expect.any(Array),
        labels: expect.any(Boolean),
      });
    });

    it('takes settings that fit, and keeps them as JSON that fits again', () => {
      const { detector, settings } = fixture;
      const taken = detector.configure(settings);
      expect(taken.settings).toMatchObject(settings);
      const stored = JSON.parse(JSON.stringify(taken.settings));
      expect(detector.configure(stored).settings).toEqual(taken.settings);
      expect(detector.configure(stored).limits).toEqual(taken.limits);
      expect(taken.limits.minRows).toBeGreaterThanOrEqual(1);
    });

    it('refuses settings that do not fit, and unknown ones, in words', () => {
      const { detector, settings, badSettings } = fixture;
      for (const wrong of [badSettings, { ...settings, 'no such': 1 }, 7]) {
        expect(() => detector.configure(wrong)).toThrow(
          expect.objectContaining({ name: 'InputError' }),
        );
      }
    });

    it('is content with a quiet window', async () => {
      const answer = await judge(fixture.windows.quiet);
      expect(answer).toMatchObject({ status: 'ok', raised: [] });
      expect(answer.signals).not.toEqual([]);
    });

    it('is alarmed by an alarming window, and names the signals that alarmed it', async () => {
      const { status, raised, signals } = await judge(fixture.windows.alarming);
      expect(['warning', 'drift']).toContain(status);
      expect(raised).not.toEqual([]);
      for (const one of raised) {
        const signal = signals.find(found => found.name === one);
        expect(['warning', 'drift']).toContain(signal?.state);
      }
    });

    it.each([
      ['small', 'insufficient_data'],
      ['empty', 'no_data'],
    ] as const)(
      'raises nothing of a window that is %s',
      async (which, status) => {
        expect(await judge(fixture.windows[which])).toMatchObject({
          status,
          raised: [],
        });
      },
    );

    it('says of each window and each signal why, with values, limits and a unit', async () => {
      for (const window of Object.values(fixture.windows)) {
        const { message, signals, headline } = await judge(window);
        expect(message).toMatch(/\w/);
        const names = signals.map(signal => signal.name);
        expect(new Set(names).size).toBe(names.length);
        expect([undefined, ...names]).toContain(headline);
        for (const signal of signals) {
          expect(signalSchema.parse(signal)).toEqual(signal);
          expect(signal.message).toMatch(/\w/);
        }
      }
    });

    it('answers the same when asked twice, and changes nothing of what it is given', async () => {
      for (const window of Object.values(fixture.windows)) {
        const before = structuredClone(window);
        expect(await judge(window)).toEqual(await judge(window));
        expect(window).toEqual(before);
      }
    });

    it('answers with JSON of bounded size', async () => {
      for (const window of Object.values(fixture.windows)) {
        const answer = await judge(window);
        const text = JSON.stringify(answer);
        expect(text.length).toBeLessThan(MOST_BYTES);
        expect(JSON.parse(text)).toEqual(answer);
      }
    });

    it('gives up when nobody waits any more', async () => {
      const { detector, settings, windows } = fixture;
      await expect(
        detector.configure(settings).evaluate(windows.quiet, {
          signal: AbortSignal.abort(new Error('nobody waits')),
        }),
      ).rejects.toThrow('nobody waits');
    });
  });
}
