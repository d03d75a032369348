import { KeptAnswers } from './keptAnswers';

function start(
  options: Partial<ConstructorParameters<typeof KeptAnswers<string>>[0]> = {},
) {
  let now = new Date('2026-03-01T10:00:00Z').getTime();
  const kept = new KeptAnswers<string>({
    clock: () => new Date(now),
    keptMs: 2_000,
    most: 2,
    ...options,
  });
  const asked: string[] = [];
  return {
    kept,
    asked,
    passes: (ms: number) => {
      now += ms;
    },
    get: (key: string, answer: string | Error = 'yes') =>
      kept.get(key, async () => {
        asked.push(key);
        if (answer instanceof Error) throw answer;
        return answer;
      }),
  };
}

describe('answers that are kept for a while', () => {
  it('count so long and no longer', async () => {
    const { get, asked, passes } = start();
    expect(await get('ann', 'one')).toBe('one');
    passes(1_999);
    expect(await get('ann', 'two')).toBe('one');
    expect(await get('ben', 'three')).toBe('three');
    passes(1);
    expect(await get('ann', 'two')).toBe('two');
    expect(asked).toEqual(['ann', 'ben', 'ann']);
  });

  it('are asked for once by requests that come at once', async () => {
    const { get, asked } = start();
    expect(await Promise.all([get('ann', 'one'), get('ann', 'two')])).toEqual([
      'one',
      'one',
    ]);
    expect(asked).toEqual(['ann']);
  });

  it('go when there are too many, the oldest first', async () => {
    const { get, asked } = start();
    for (const key of ['a', 'b', 'c', 'b', 'a']) await get(key);
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });

  it('that count no more hold no memory when the next one is kept', async () => {
    const { get, kept, passes } = start({ most: 100 });
    for (const key of ['a', 'b', 'c']) await get(key);
    passes(1_500);
    await get('d');
    expect(kept.size).toBe(4);
    passes(500);
    await get('e');
    expect(kept.size).toBe(2);
  });

  it('may count for a shorter while', async () => {
    const { get, passes } = start({
      keptMsOf: answer => (answer === 'no' ? 500 : 2_000),
    });
    await get('ann', 'no');
    passes(499);
    expect(await get('ann')).toBe('no');
    passes(1);
    expect(await get('ann')).toBe('yes');
  });

  it('are no failures, unless an error is an answer', async () => {
    const { get } = start({
      keepsError: error => error instanceof TypeError,
    });
    await expect(get('ann', new Error('down'))).rejects.toThrow('down');
    expect(await get('ann')).toBe('yes');
    await expect(get('ben', new TypeError('refused'))).rejects.toThrow();
    await expect(get('ben')).rejects.toThrow('refused');
  });

  it('are forgotten when told so', async () => {
    const { kept, get } = start();
    await get('ann', 'one');
    kept.clear();
    expect(await get('ann', 'two')).toBe('two');
  });

  it('are renewed while the last one counts, so that nobody waits', async () => {
    const { get, kept, asked, passes } = start({ renewMs: 1_000 });
    expect(await get('ann', 'one')).toBe('one');
    passes(999);
    expect(await get('ann', 'two')).toBe('one');
    expect(asked).toEqual(['ann']);
    passes(1);
    let answer = (_: string) => {};
    const slow = new Promise<string>(done => {
      answer = done;
    });
    const renew = () =>
      kept.get('ann', () => {
        asked.push('ann again');
        return slow;
      });
    // One question for all who come meanwhile, and nobody waits for it.
    expect(await Promise.all([renew(), renew()])).toEqual(['one', 'one']);
    expect(asked).toEqual(['ann', 'ann again']);
    // The last one counts no longer than it did: now they wait.
    passes(1_000);
    const late = [renew(), renew()];
    answer('three');
    expect(await Promise.all(late)).toEqual(['three', 'three']);
    expect(asked).toEqual(['ann', 'ann again']);
    // It counts from when it was asked for.
    passes(999);
    expect(await get('ann', 'four')).toBe('three');
    passes(1);
    expect(await get('ann', 'five')).toBe('four');
  });

  it('are asked for again after a renewal that failed', async () => {
    const { get, asked, passes } = start({ renewMs: 1_000 });
    await get('ann', 'one');
    passes(1_500);
    expect(await get('ann', new Error('No catalog'))).toBe('one');
    await Promise.resolve();
    expect(await get('ann', 'two')).toBe('one');
    await new Promise(setImmediate);
    expect(await get('ann', 'three')).toBe('two');
    expect(asked).toEqual(['ann', 'ann', 'ann']);
    passes(2_000);
    await expect(get('ann', new Error('No catalog'))).rejects.toThrow(
      'No catalog',
    );
  });
});
