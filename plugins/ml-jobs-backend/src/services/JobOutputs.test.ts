import { mockServices } from '@backstage/backend-test-utils';
import type { OutputLookup } from '@downstage/plugin-ml-jobs-node';
import type { JobRow } from '../stores/rows';
import { JobOutputs } from './JobOutputs';

const names = ['first', 'second', 'third'];
const job = {
  ...{ id: 'a', owner: 'group:default/a', created_by: 'user:default/ann' },
  definition: {
    outputs: names.map(name => ({ name, kind: 'artifact', path: name })),
  },
} as Partial<JobRow> as JobRow;

describe('JobOutputs', () => {
  let find: jest.MockedFunction<OutputLookup['find']>;
  let limit: AbortController;
  let asked: number[];

  const outputs = () =>
    new JobOutputs({
      lookups: () => [{ find }],
      auth: mockServices.auth(),
      timeLimit: ms => {
        asked.push(ms);
        return limit.signal;
      },
    });

  beforeEach(() => {
    find = jest.fn<
      ReturnType<OutputLookup['find']>,
      Parameters<OutputLookup['find']>
    >(async () => ({}));
    limit = new AbortController();
    asked = [];
  });

  it('ends with what is not known where a lookup never answers', async () => {
    find.mockImplementation(async (output, { signal }) => {
      expect(signal).toBe(limit.signal);
      if (output.name === 'first') return { ref: 'r1/first' };
      limit.abort();
      return new Promise(() => {});
    });
    const message =
      'It was not found out in time: all outputs of a job are looked for in 30 seconds';
    expect(await outputs().find(job)).toEqual([
      { name: 'first', kind: 'artifact', state: 'found', ref: 'r1/first' },
      { name: 'second', kind: 'artifact', state: 'unknown', message },
      { name: 'third', kind: 'artifact', state: 'unknown', message },
    ]);
    expect(find).toHaveBeenCalledTimes(2);
    expect(asked).toEqual([30_000]);
  });

  it('looks for one output after the other', async () => {
    let atOnce = 0;
    let most = 0;
    find.mockImplementation(async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise(resolve => setImmediate(resolve));
      atOnce -= 1;
      return {};
    });
    await outputs().find(job);
    expect({ most, asked: find.mock.calls.length }).toEqual({
      ...{ most: 1, asked: 3 },
    });
  });

  it('takes nothing for missing that was not looked through to its end', async () => {
    const message = 'Older runs were not looked at';
    find.mockResolvedValue({ message });
    const [first] = await outputs().find(job);
    expect(first).toEqual({
      ...{ name: 'first', kind: 'artifact', state: 'unknown', message },
    });
  });
});
