import { act, renderHook } from '@testing-library/react';
import { useLoad } from './useLoad';

let signal: object | null = null;
jest.mock('@backstage/plugin-signals-react', () => ({
  useSignal: () => ({ lastSignal: signal }),
}));

/** As the contract client throws it. */
function refused(statusCode: number, name: string) {
  const cause = Object.assign(new Error('No'), { name });
  return Object.assign(new Error('Request failed', { cause }), {
    name: 'ResponseError',
    statusCode,
  });
}

describe('useLoad', () => {
  beforeEach(() => {
    signal = null;
    jest.useFakeTimers();
  });
  afterEach(() => jest.useRealTimers());

  const show = async (load: () => Promise<string>) => {
    const hook = renderHook(
      ({ of }) => useLoad(load, [of], { pollMs: 1_000 }),
      {
        initialProps: { of: 'this' },
      },
    );
    await act(async () => {});
    return hook;
  };
  const wait = (seconds: number) =>
    act(() => jest.advanceTimersByTimeAsync(seconds * 1_000));

  it.each([
    [403, 'NotAllowedError'],
    [404, 'NotFoundError'],
  ])(
    'asks once for what is refused with %i, again on a signal and by hand',
    async (status, name) => {
      const error = refused(status, name);
      const load = jest.fn(async () => {
        throw error;
      });
      const { result, rerender } = await show(load);
      await wait(60);
      expect(load).toHaveBeenCalledTimes(1);
      expect(result.current.error).toBe(error);
      signal = {};
      rerender({ of: 'this' });
      await act(async () => {});
      await wait(60);
      expect(load).toHaveBeenCalledTimes(2);
      act(() => result.current.retry());
      await wait(60);
      expect(load).toHaveBeenCalledTimes(3);
      rerender({ of: 'that' });
      await act(async () => {});
      await wait(60);
      expect(load).toHaveBeenCalledTimes(4);
    },
  );

  it('asks again and again where the portal does not answer, and shows what it knew meanwhile', async () => {
    const load = jest
      .fn<Promise<string>, []>()
      .mockResolvedValueOnce('first')
      .mockRejectedValueOnce(new TypeError('Failed to fetch'))
      .mockResolvedValue('last');
    const { result } = await show(load);
    await wait(1);
    expect(result.current).toMatchObject({
      value: 'first',
      error: expect.any(TypeError),
    });
    await wait(1);
    expect(result.current.value).toBe('last');
  });

  it('hides what was shown when it may be seen no longer', async () => {
    const error = refused(403, 'NotAllowedError');
    const load = jest
      .fn<Promise<string>, []>()
      .mockResolvedValueOnce('secret')
      .mockRejectedValue(error);
    const { result } = await show(load);
    expect(result.current.value).toBe('secret');
    await wait(1);
    expect(result.current.value).toBeUndefined();
    expect(result.current.error).toBe(error);
  });
});
