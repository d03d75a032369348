import {
  modelLink,
  modelRefOf,
  nameOfModelRef,
  nameOfPath,
  pathOfName,
  versionRefOf,
} from './refs';

describe('names of models', () => {
  it.each([
    ['default', 'churn', 'churn'],
    ['credit', 'churn', 'credit/churn'],
    ['Credit', 'Churn ü', 'credit/Churn ü'],
    // A name that only looks like MLflow's spelling of a namespace.
    ['default', '__credit__churn', '__credit__churn'],
  ])('keep %s/%s as %s', (namespace, name, kept) => {
    expect(nameOfPath({ namespace, name })).toBe(kept);
    expect(pathOfName(kept)).toEqual({
      namespace: namespace.toLowerCase(),
      name,
    });
  });

  it('refuse a namespace hidden in the name, so that no model has two paths', () => {
    expect(() =>
      nameOfPath({ namespace: 'default', name: 'credit/churn' }),
    ).toThrow("Not the name of a model: 'credit/churn'");
    expect(() => nameOfModelRef('model:default/credit/churn')).toThrow(
      'without slashes',
    );
  });

  it.each([
    ['model:default/churn', 'churn'],
    ['model:churn', 'churn'],
    ['default/churn', 'churn'],
    ['churn', 'churn'],
    ['Model:Credit/churn', 'credit/churn'],
    ['credit/churn', 'credit/churn'],
  ])('are read from %s', (ref, name) => {
    expect(nameOfModelRef(ref)).toBe(name);
  });

  it.each([
    ['churn', 'model:default/churn', 'default/churn@7'],
    ['credit/churn', 'model:credit/churn', 'credit/churn@7'],
  ])('are shown as refs: %s', (name, model, version) => {
    expect(modelRefOf(name)).toBe(model);
    expect(versionRefOf(name, 7)).toBe(version);
  });

  it('lead to the page in the catalog', () => {
    expect(modelLink('churn ü')).toBe(
      '/catalog/default/model/churn%20%C3%BC/versions',
    );
    expect(modelLink('credit/churn')).toBe(
      '/catalog/credit/model/churn/versions',
    );
  });
});
