import {
  RELATION_OWNED_BY,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  catalogApiRef,
  EntityRefLink,
  EntityRefLinks,
  getEntityRelations,
} from '@backstage/plugin-catalog-react';
import { Container, Link } from '@backstage/ui';
import {
  isFeatureEntity,
  RELATION_COMPUTED_FROM,
} from '@downstage/plugin-ml-catalog-common';
import { formatNumber, Frame, PlainTable, useLoad } from '@downstage/react';
import { useWords } from '../shared/useWords';
import { paths } from '../shared/paths';

/** Every feature view of the catalog. */
export function FeaturesPage() {
  const t = useWords();
  const catalogApi = useApi(catalogApiRef);
  const loaded = useLoad(
    async () => {
      const { items } = await catalogApi.getEntities({
        filter: { kind: 'Feature' },
      });
      return items.filter(isFeatureEntity);
    },
    [],
    { pollMs: 60_000 },
  );
  return (
    <Container>
      <Frame
        value={loaded}
        isEmpty={items => items.length === 0}
        empty={{
          title: t('features.emptyTitle'),
          description: t('features.emptyText'),
        }}
      >
        {items => (
          <PlainTable
            caption={t('features.name')}
            columns={[
              t('features.name'),
              t('features.owner'),
              t('features.count'),
              t('features.keys'),
              t('features.source'),
              t('features.ttl'),
            ]}
            rows={items.map(entity => {
              const ref = stringifyEntityRef(entity);
              const { title, name } = entity.metadata;
              const { features, entities, ttl } = entity.spec;
              const owners = getEntityRelations(entity, RELATION_OWNED_BY);
              const sources = getEntityRelations(
                entity,
                RELATION_COMPUTED_FROM,
              );
              return {
                key: ref,
                cells: [
                  <Link href={paths.entity(ref)}>{title ?? name}</Link>,
                  owners.length ? <EntityRefLink entityRef={owners[0]} /> : '–',
                  formatNumber(features.length),
                  entities?.join(', ') || '–',
                  sources.length ? (
                    <EntityRefLinks entityRefs={sources} />
                  ) : (
                    '–'
                  ),
                  ttl ?? '–',
                ],
              };
            })}
          />
        )}
      </Frame>
    </Container>
  );
}
