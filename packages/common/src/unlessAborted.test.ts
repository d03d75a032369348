import { unlessAborted } from './unlessAborted';

describe('work under a signal', () => {
  it('answers as it ends', async () => {
    const { signal } = new AbortController();
    await expect(unlessAborted(Promise.resolve(3), signal)).resolves.toBe(3);
    const failed = Promise.reject(new Error('no such thing'));
    await expect(unlessAborted(failed, signal)).rejects.toThrow(
      'no such thing',
    );
  });

  it('is not waited for once the signal has come, before or meanwhile', async () => {
    const never = new Promise<number>(() => {});
    const why = new Error('gone');
    await expect(unlessAborted(never, AbortSignal.abort(why))).rejects.toBe(
      why,
    );
    const gone = new AbortController();
    const answer = unlessAborted(never, gone.signal);
    gone.abort(why);
    await expect(answer).rejects.toBe(why);
  });
});
