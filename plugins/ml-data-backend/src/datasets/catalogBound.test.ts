import type { FactCriteria } from '@downstage/node';
import { catalogBound } from './catalogBound';

const owner = (...values: string[]): FactCriteria => ({
  fact: 'owner',
  values,
});
const classes = (...values: string[]): FactCriteria => ({
  fact: 'classification',
  values,
});
const space: FactCriteria = { fact: 'namespace', values: ['retail'] };
const ownedByX = { 'relations.ownedBy': ['group:default/x'] };

describe('what the catalog is asked for under a policy', () => {
  it.each<[string, FactCriteria, unknown]>([
    [
      'an owner, and what the owner keeps against the catalog',
      owner('group:default/x'),
      [ownedByX, { 'metadata.namespace': 'retail', 'metadata.name': 'kept' }],
    ],
    ['a namespace', space, [{ 'metadata.namespace': ['retail'] }]],
    [
      'a data set',
      { fact: 'dataset', values: ['dataset:retail/sales'] },
      [{ 'metadata.namespace': 'retail', 'metadata.name': 'sales' }],
    ],
    [
      'a classification',
      classes('public', 'internal'),
      [{ 'spec.classification': ['public', 'internal'] }],
    ],
    [
      'everything, where a file that does not count makes data restricted',
      classes('restricted'),
      undefined,
    ],
    [
      'the narrowest of what all have to hold',
      { allOf: [classes('restricted'), owner('group:default/x'), space] },
      [{ 'metadata.namespace': ['retail'] }],
    ],
    [
      'each of what one may hold',
      { anyOf: [space, classes('public')] },
      [
        { 'metadata.namespace': ['retail'] },
        { 'spec.classification': ['public'] },
      ],
    ],
    [
      'everything, where one of several cannot be asked for',
      { anyOf: [space, { not: space }] },
      undefined,
    ],
    ['everything, for what is excluded', { not: space }, undefined],
    ['nothing, for a fact of models', { fact: 'risk', values: ['high'] }, []],
    ['nothing, for no owners', owner(), []],
    ['nothing, for no alternatives', { anyOf: [] } as never, []],
  ])('is %s', (_, criteria, bound) => {
    expect(catalogBound(criteria, () => ['dataset:retail/kept'])).toEqual(
      bound,
    );
  });

  it('is everything, where an owner keeps too many to name', () => {
    expect(
      catalogBound(owner('group:default/x'), () => undefined),
    ).toBeUndefined();
  });
});
