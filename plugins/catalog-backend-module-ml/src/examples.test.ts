import { parseEntityYaml } from '@backstage/plugin-catalog-node';
import {
  parseDatasetSpec,
  parseFeatureSpec,
} from '@downstage/plugin-ml-catalog-common';
import type { Entity } from '@backstage/catalog-model';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { toDocuments } from './search/toDocuments';

const examples = resolve(__dirname, '../../../examples');

function entitiesOf(file: string): Entity[] {
  const target = resolve(examples, file);
  return [
    ...parseEntityYaml(readFileSync(target), { type: 'file', target }),
  ].map(result => {
    if (result.type !== 'entity') throw new Error(JSON.stringify(result));
    return result.entity;
  });
}

describe('the example company', () => {
  it.each(['catalog/diagnostics.yaml', 'catalog/credit.yaml'])(
    'describes in %s exactly the columns its data has',
    file => {
      const datasets = entitiesOf(file).filter(e => e.kind === 'Dataset');
      expect(datasets).toHaveLength(1);
      for (const entity of datasets) {
        const spec = parseDatasetSpec(entity);
        const csv = resolve(examples, spec.location?.uri ?? '');
        const [header] = readFileSync(csv, 'utf8').split('\n');
        expect(spec.schema?.fields?.map(field => field.name)).toEqual(
          header.split(','),
        );
      }
    },
  );

  it('has a feature view over columns of its dataset', () => {
    const entities = entitiesOf('catalog/diagnostics.yaml');
    const [view] = entities.filter(e => e.kind === 'Feature');
    expect(parseFeatureSpec(view).features).toHaveLength(30);
  });

  it('lets a single column and a single feature be found', () => {
    const documents = entitiesOf('catalog/diagnostics.yaml').flatMap(
      toDocuments,
    );
    const found = documents.filter(d => d.text.includes('mean concave points'));
    expect(found).toMatchObject([
      {
        title: 'mean_concave_points · Breast masses',
        fieldType: 'column',
        location:
          '/catalog/default/dataset/breast-masses?field=mean_concave_points',
        authorization: { resourceRef: 'dataset:default/breast-masses' },
      },
      {
        title: 'mean_concave_points · Cell-nucleus measurements',
        fieldType: 'feature',
        location:
          '/catalog/default/feature/cell-nucleus-measurements?field=mean_concave_points',
      },
    ]);
  });
});
