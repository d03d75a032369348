import { LoadSlots } from './LoadSlots';

describe('LoadSlots', () => {
  it('starts the urgent ones first, and gives the place of a slow one away', async () => {
    jest.useFakeTimers();
    const slots = new LoadSlots({ limit: 1, patienceMs: 1000 });
    const started: string[] = [];
    const endless1 = (name: string) => () => {
      started.push(name);
      return new Promise<void>(() => {});
    };
    slots.add(0, endless1('first'));
    slots.add(1, endless1('kept'));
    slots.add(0, endless1('active'));
    expect(started).toEqual(['first']);
    jest.advanceTimersByTime(1000);
    expect(started).toEqual(['first', 'active']);
    jest.advanceTimersByTime(1000);
    expect(started).toEqual(['first', 'active', 'kept']);
    jest.useRealTimers();
  });
});
