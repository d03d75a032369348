// cspell:ignore bcde cdef
// A suite that is exported.
/* eslint-disable jest/no-export */
import { noticeOfFullLog, type LogName, type LogStore } from '../logs';

/** What the suite needs of a store. */
export type LogStoreFixture = {
  store: LogStore;
  /** A store over the same logs, as after a restart. */
  reopened: () => Promise<LogStore>;
  close: () => Promise<void>;
};

/**
 * The promises of {@link LogStore}, for every implementation.
 *
 * @param create - a fresh fixture for each test, whose logs take so many bytes
 */
export function describeLogStore(
  name: string,
  create: (options: { mostBytes: number }) => Promise<LogStoreFixture>,
) {
  describe(`LogStore contract: ${name}`, () => {
    const mostBytes = 1_000;
    const log: LogName = { jobId: 'job1', attempt: 1 };
    let fixture: LogStoreFixture;
    const append = (offset: number, text: string, to = log) =>
      fixture.store.append(to, { offset, bytes: Buffer.from(text) });
    const textOf = async (of = log, store = fixture.store) =>
      (await store.read(of, { offset: 0, limit: 100_000 })).text;

    beforeEach(async () => {
      fixture = await create({ mostBytes });
    });
    afterEach(() => fixture.close());

    it('has nothing of a log that was never written', async () => {
      expect(await fixture.store.end(log)).toEqual({ size: 0, isFull: false });
      expect(await fixture.store.read(log, { offset: 0, limit: 10 })).toEqual({
        ...{ text: '', offset: 0, nextOffset: 0, size: 0 },
      });
    });

    it('reads what was appended from any offset, in whole characters', async () => {
      expect(await append(0, 'grüße ')).toEqual({ size: 8, isFull: false });
      await append(8, 'aus 東京');
      const whole = 'grüße aus 東京';
      let pieces = '';
      for (let offset = 0; offset < 18; ) {
        const piece = await fixture.store.read(log, { offset, limit: 4 });
        expect(piece).toMatchObject({ offset, size: 18 });
        expect(piece.nextOffset).toBeGreaterThan(offset);
        pieces += piece.text;
        offset = piece.nextOffset;
      }
      expect(pieces).toBe(whole);
      const tail = await fixture.store.read(log, { offset: -5, limit: 100 });
      expect([tail.text, tail.nextOffset]).toEqual(['京', 18]);
    });

    it('reads on through bytes that are no text', async () => {
      const bytes = Buffer.alloc(40, 0x80);
      await fixture.store.append(log, { offset: 0, bytes });
      let count = 0;
      for (let offset = 0; offset < bytes.length; count++) {
        const piece = await fixture.store.read(log, { offset, limit: 8 });
        expect(piece.nextOffset).toBeGreaterThan(offset);
        offset = piece.nextOffset;
      }
      expect(count).toBeGreaterThanOrEqual(5);
    });

    it('keeps once what is sent twice, and takes what is new of it', async () => {
      await append(0, 'abc');
      expect(await append(0, 'abc')).toEqual({ size: 3, isFull: false });
      await append(1, 'bcde');
      // Stored text stays, whatever is sent in its place.
      await append(0, 'XYZ');
      expect(await textOf()).toBe('abcde');
    });

    it('keeps once what two send at the same time', async () => {
      await append(0, 'ab');
      await Promise.all([
        append(2, 'cd'),
        append(2, 'cdef'),
        append(0, 'abcdef'),
      ]);
      expect(await textOf()).toBe('abcdef');
    });

    it('refuses bytes behind a gap, says where the log ends, and writes nothing', async () => {
      await append(0, 'abc');
      await expect(append(5, 'f')).rejects.toThrow(
        'The log ends at 3; expected the bytes from there, found those from 5',
      );
      await expect(append(-1, 'f')).rejects.toThrow('Not an offset: -1');
      expect(await textOf()).toBe('abc');
    });

    it('keeps jobs, attempts and workers apart', async () => {
      const all: LogName[] = [
        { jobId: 'job1' },
        { jobId: 'job2', attempt: 1 },
        { jobId: 'job1', attempt: 1 },
        { jobId: 'job1', attempt: 11 },
        { jobId: 'job1', attempt: 1, worker: { role: 'worker', rank: 1 } },
        { jobId: 'job1', attempt: 1, worker: { role: 'worker', rank: 11 } },
        { jobId: 'job1', attempt: 1, worker: { role: 'launcher', rank: 1 } },
      ];
      for (const [index, each] of all.entries())
        await append(0, `log ${index}`, each);
      for (const [index, each] of all.entries())
        expect(await textOf(each)).toBe(`log ${index}`);
    });

    it('goes on where it ended after a restart', async () => {
      await append(0, 'before');
      const again = await fixture.reopened();
      const { size } = await again.end(log);
      await again.append(log, {
        offset: size,
        bytes: Buffer.from(' and after'),
      });
      expect(await textOf(log, again)).toBe('before and after');
    });

    it('takes so many bytes of a log, says so in it, and drops the rest', async () => {
      const notice = noticeOfFullLog(mostBytes);
      const full = { size: mostBytes, isFull: true };
      await append(0, 'a'.repeat(600));
      expect(await append(600, 'b'.repeat(600))).toEqual(full);
      const kept = mostBytes - 600 - notice.length;
      const text = `${'a'.repeat(600)}${'b'.repeat(kept)}${notice}`;
      expect(await textOf()).toBe(text);
      expect(await append(1_200, 'c')).toEqual(full);
      expect(await append(0, 'c')).toEqual(full);
      expect(await fixture.store.end(log)).toEqual(full);
      expect(await textOf()).toBe(text);
    });
  });
}
