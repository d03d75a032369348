import { oneAtATime } from './oneAtATime';

describe('oneAtATime', () => {
  it('runs once more for everybody who asks meanwhile, and never twice at once', async () => {
    const finish: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const work = oneAtATime(async () => {
      most = Math.max(most, ++running);
      await new Promise<void>(resolve => finish.push(resolve));
      running--;
    });
    const first = work();
    const others = [work(), work(), work()];
    finish[0]();
    await first;
    await new Promise(setImmediate);
    expect(finish).toHaveLength(2);
    finish[1]();
    await Promise.all(others);
    expect(most).toBe(1);
    expect(finish).toHaveLength(2);
  });

  it('goes on after a failure', async () => {
    let fails = true;
    const work = oneAtATime(async () => {
      if (fails) throw new Error('no');
    });
    await expect(work()).rejects.toThrow('no');
    fails = false;
    await expect(work()).resolves.toBeUndefined();
  });
});
