import { toQuestion, type ModelListFilter } from './filterModels';

const everything: ModelListFilter = {
  stage: 'all',
  search: ' ',
  owner: '',
  health: 'any',
  sort: 'name',
};

describe('the question to the registry', () => {
  it('asks for everything unless something is asked for', () => {
    expect(toQuestion(everything, ['model:default/x'])).toEqual({});
  });

  it('carries words, owner and stage', () => {
    expect(
      toQuestion(
        { ...everything, search: ' two words', owner: 'mine', stage: 'none' },
        [],
      ),
    ).toEqual({ query: 'two words', owner: 'mine', stage: 'none' });
  });

  it('asks for no model, and not for all, when none needs attention', () => {
    const filter: ModelListFilter = { ...everything, health: 'attention' };
    expect(toQuestion(filter, [])).toEqual({ models: '-' });
    expect(toQuestion(filter, ['model:default/x', 'y'])).toEqual({
      models: 'model:default/x,y',
    });
  });
});
