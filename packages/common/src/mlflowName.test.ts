import { mlflowNameOf, modelOfMlflowName, shownNameOf } from './mlflowName';

describe('names of models for MLflow', () => {
  it.each([
    ['default', 'fraud', 'fraud'],
    ['credit', 'fraud', '__credit__fraud'],
    ['team-a', 'модель ü', '__team-a__модель ü'],
    ['a.b_c', 'x', '__a.b_c__x'],
    ['credit', '_x__y_', '__credit___x__y_'],
  ])('writes %s/%s as %s', (namespace, name, text) => {
    expect(mlflowNameOf({ namespace, name })).toBe(text);
  });

  it('shows people the namespace where it is not the usual one', () => {
    expect(shownNameOf({ namespace: 'default', name: 'x' })).toBe('x');
    expect(shownNameOf({ namespace: 'credit', name: 'x' })).toBe('credit/x');
  });

  it.each([
    ['__credit__fraud', 'credit', 'fraud'],
    ['__credit__fraud__v2', 'credit', 'fraud__v2'],
    ['__credit___x', 'credit', '_x'],
    ['__a.b_c__x', 'a.b_c', 'x'],
    ['__a--b__x', 'a--b', 'x'],
    ['__default__x', 'default', 'x'],
  ])('reads %s', (text, namespace, name) => {
    expect(modelOfMlflowName(text)).toEqual({ namespace, name });
  });

  it.each([
    'fraud',
    'credit.fraud',
    'credit__fraud',
    '_credit__fraud',
    '__credit_fraud',
    '__Credit__fraud',
    '____fraud',
    '__credit__',
    '__-a__x',
    '___a__x',
    '__é__x',
  ])('leaves %s letter for letter', text => {
    expect(modelOfMlflowName(text)).toBeUndefined();
  });
});
