import { Turns } from './Turns';

/** A task that ends when it is told to. */
function held() {
  let end: (value: string) => void = () => {};
  const ended = new Promise<string>(resolve => {
    end = resolve;
  });
  return { task: jest.fn(() => ended), end };
}

const never = new AbortController().signal;

describe('Turns', () => {
  it('lets so many run at once, and the next when one has ended', async () => {
    const turns = new Turns({ atOnce: 1, mostWaiting: 2, what: 'looks' });
    const [one, two] = [held(), held()];
    const first = turns.run(one.task, never);
    const second = turns.run(two.task, never);
    one.end('one');
    expect(await first).toBe('one');
    two.end('two');
    expect(await second).toBe('two');
    expect(two.task).toHaveBeenCalledTimes(1);
  });

  it('goes on after one that failed', async () => {
    const turns = new Turns({ atOnce: 1, mostWaiting: 2, what: 'looks' });
    await expect(
      turns.run(async () => {
        throw new Error('broken');
      }, never),
    ).rejects.toThrow('broken');
    expect(await turns.run(async () => 'well', never)).toBe('well');
  });

  it('refuses more than may wait, and forgets who has gone', async () => {
    const turns = new Turns({ atOnce: 1, mostWaiting: 1, what: 'looks' });
    const one = held();
    const first = turns.run(one.task, never);
    const gone = new AbortController();
    const waiting = turns.run(held().task, gone.signal);
    await expect(turns.run(held().task, never)).rejects.toThrow(
      /1 looks are under way and 1 wait, which is the most/,
    );
    gone.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    const last = turns.run(async () => 'last', never);
    one.end('one');
    expect(await last).toBe('last');
    expect(await first).toBe('one');
  });
});
