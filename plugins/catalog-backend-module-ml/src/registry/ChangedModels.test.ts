import { ChangedModels } from './ChangedModels';

describe('ChangedModels', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('tells of many models in few events, each some seconds after its change (R2)', () => {
    const told: string[][] = [];
    const changed = new ChangedModels({ publish: refs => told.push(refs) });
    for (let n = 0; n < 1_200; n++) changed.add(`model:default/m${n}`);
    changed.add('model:default/m1199');
    jest.advanceTimersByTime(4_999);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1_001);
    expect(told.map(refs => refs.length)).toEqual([500, 500, 200]);
    expect(new Set(told.flat()).size).toBe(1_200);
  });

  it('tells of one model alone, and of a later change again', () => {
    const told: string[][] = [];
    const changed = new ChangedModels({ publish: refs => told.push(refs) });
    changed.add('model:default/churn');
    jest.advanceTimersByTime(6_000);
    changed.add('model:default/churn');
    jest.advanceTimersByTime(6_000);
    expect(told).toEqual([['model:default/churn'], ['model:default/churn']]);
  });
});
