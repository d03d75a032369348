import { readViewState, writeViewState } from './viewState';

describe('the address', () => {
  it('carries what was chosen and nothing else', () => {
    const state = readViewState(new URLSearchParams());
    expect(String(writeViewState(state))).toBe('');
    const chosen = {
      ...state,
      experiments: ['1', '2'],
      filter: "params.a = 'b~c'",
      columns: ['metrics.a b', 'status'],
      sort: 'metrics.auc',
      direction: 'asc' as const,
      groupBy: 'params.k',
      nested: false,
      pinned: ['a'],
      hidden: ['b', 'c'],
    };
    const search = writeViewState(chosen, new URLSearchParams('tab=x'));
    expect(search.get('tab')).toBe('x');
    expect(readViewState(new URLSearchParams(String(search)))).toEqual(chosen);
  });
});
