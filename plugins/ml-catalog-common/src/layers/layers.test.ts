import {
  CatalogModelSources,
  compileCatalogModel,
  defaultCatalogEntityModel,
} from '@backstage/catalog-model/alpha';
import { ML_API_VERSION } from '../model/constants';
import { mlCatalogLayers } from '.';

const catalogModel = compileCatalogModel([
  ...[defaultCatalogEntityModel].flat(),
  ...mlCatalogLayers,
]);

describe('the layers', () => {
  it('can be given to the catalog', () => {
    expect(() => CatalogModelSources.static(mlCatalogLayers)).not.toThrow();
  });

  it.each(['Model', 'Dataset', 'Feature'])('declare the kind %s', kind => {
    expect(
      catalogModel.getKind({ kind, apiVersion: ML_API_VERSION })?.names.kind,
    ).toBe(kind);
  });

  it.each([
    ['Model', 'ownedBy', 'Group', 'ownerOf'],
    ['Model', 'partOf', 'System', 'hasPart'],
    ['Model', 'trainedOn', 'Dataset', 'trainingDataFor'],
    ['Model', 'consumesFeature', 'Feature', 'featureConsumedBy'],
    ['Model', 'servedBy', 'API', 'serves'],
    ['Model', 'dependsOn', 'Component', 'dependencyOf'],
    ['Component', 'dependsOn', 'Model', 'dependencyOf'],
    ['Feature', 'computedFrom', 'Dataset', 'sourceOf'],
    ['Dataset', 'derivedFrom', 'Dataset', 'derivedInto'],
  ])('know the way back of %s %s %s', (from, forward, to, reverse) => {
    const relation = catalogModel
      .getRelations({ kind: from })
      ?.find(r => r.forward.type === forward && r.toKind.includes(to));
    expect(relation?.reverse.type).toBe(reverse);
  });
});
