import { ServiceUnavailableError } from '@backstage/errors';
import type { JobLog } from '@downstage/plugin-ml-jobs-common';
import { createTerminal } from '../terminal/output';
import { createContractClient } from '@downstage/common';
import { mlJobsContract } from '@downstage/plugin-ml-jobs-common';
import { followLog, lastLines } from './followLog';

/** A portal whose log grows by an entry a look; an entry that is an error is a portal that is away. */
function logOf(...entries: (Partial<JobLog> | Error)[]) {
  const kept = { out: '', err: '' };
  const offsets: number[] = [];
  const write = (name: keyof typeof kept) => ({
    write: (text: string) => (kept[name] += text),
  });
  const output = createTerminal({ stdout: write('out'), stderr: write('err') });
  const jobs = createContractClient({
    contract: mlJobsContract,
    pluginId: 'ml-jobs',
    discoveryApi: { getBaseUrl: async () => 'http://portal' },
    fetchApi: {
      fetch: async input => {
        const offset = Number(
          new URL(String(input)).searchParams.get('offset'),
        );
        offsets.push(offset);
        const entry = entries.shift();
        if (entry instanceof Error) throw entry;
        const { text = '', end = false } = entry ?? {};
        const nextOffset = offset + text.length;
        return Response.json({ text, offset, nextOffset, end, ...entry });
      },
    },
  });
  const waiting = { pause: async () => {}, say: output.note };
  const options = { id: 'abc', offset: 0, everyMs: 0, ...waiting };
  return { kept, offsets, output, jobs, options };
}

describe('followLog', () => {
  it('writes each byte once to the end of the job, with no line ends of its own', async () => {
    const { kept, offsets, options, ...context } = logOf(
      { text: 'one\ntw' },
      {},
      { text: 'o\n' },
      { end: true },
    );
    await followLog(context, { ...options, follow: true });
    expect(kept.out).toBe('one\ntwo\n');
    expect(offsets).toEqual([0, 6, 6, 8]);
  });

  it('goes on after the last byte where the portal was started again, and says so', async () => {
    const away = new ServiceUnavailableError('No portal answers');
    const { kept, offsets, options, ...context } = logOf(
      { text: 'one\n' },
      away,
      away,
      { text: 'two\n', end: true },
    );
    await followLog(context, { ...options, follow: true });
    expect(kept.out).toBe('one\ntwo\n');
    expect(offsets).toEqual([0, 4, 4, 4]);
    expect(kept.err).toBe(
      'No portal answers. Asking again for up to 5 minutes\nThe portal answers again\n',
    );
  });

  it('shows what is written now where it does not follow', async () => {
    const { kept, options, ...context } = logOf({ text: 'one\n' }, {});
    await followLog(context, { ...options, follow: false });
    expect(kept.out).toBe('one\n');
  });

  it('shows a log with escape sequences as plain text', async () => {
    const { kept, options, ...context } = logOf(
      { text: 'a\u001b[2J\u001b]0;root@host\u0007b\r' },
      { text: '\u202ebc\n', end: true },
    );
    await followLog(context, { ...options, follow: true });
    expect(kept.out).toBe('ab\nbc\n');
  });
});

describe('lastLines', () => {
  it.each([
    [2, 'b\nc'],
    [1, 'c'],
    [0, ''],
    [9, 'a\nb\nc'],
  ])('are the last %d', async (lines, text) => {
    const { offsets, ...context } = logOf({ text: 'a\nb\nc', nextOffset: 99 });
    expect(await lastLines(context, { id: 'abc', lines })).toEqual({
      text,
      nextOffset: 99,
    });
    expect(offsets).toEqual([-250_000]);
  });
});
