import { aModel } from '../__testUtils__/examples';
import { filterModels, type ModelListFilter } from './filterModels';

const everything: ModelListFilter = {
  stage: 'all',
  search: '',
  owner: '',
  health: 'any',
};
const models = [
  aModel({ name: 'drifting' }),
  aModel({ name: 'well', owner: 'group:default/credit' }),
  aModel({ name: 'orphan', owner: undefined, production: undefined }),
];
const tones: Record<string, string[]> = {
  'model:default/drifting': ['ok', 'error'],
  'model:default/well': ['ok'],
};
const names = (filter: Partial<ModelListFilter>) =>
  filterModels(
    models,
    { ...everything, ...filter },
    {
      ownedThrough: ['user:default/ann', 'group:default/diagnostics'],
      tonesOf: ref => tones[ref] ?? [],
    },
  ).map(({ name }) => name);

describe('filterModels', () => {
  it('shows everything unless something is asked for', () => {
    expect(names({})).toEqual(['drifting', 'well', 'orphan']);
  });

  it('finds what the reader owns, what one group owns, and what nobody owns', () => {
    expect(names({ owner: 'mine' })).toEqual(['drifting']);
    expect(names({ owner: 'group:default/credit' })).toEqual(['well']);
    expect(names({ owner: 'nobody' })).toEqual(['orphan']);
  });

  it('finds what needs attention although one of its signs is good', () => {
    expect(names({ health: 'attention' })).toEqual(['drifting']);
    expect(names({ health: 'good' })).toEqual(['well']);
    expect(names({ health: 'unknown' })).toEqual(['orphan']);
  });

  it('joins all that is asked for', () => {
    expect(names({ stage: 'production', search: 'credit WELL' })).toEqual([
      'well',
    ]);
    expect(names({ stage: 'none', owner: 'mine' })).toEqual([]);
  });
});
