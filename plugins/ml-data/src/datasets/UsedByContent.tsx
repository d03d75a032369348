import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import { getEntityRelations, useEntity } from '@backstage/plugin-catalog-react';
import { Flex, Link, Text } from '@backstage/ui';
import {
  RELATION_DERIVED_INTO,
  RELATION_SOURCE_OF,
  RELATION_TRAINING_DATA_FOR,
} from '@downstage/plugin-ml-catalog-common';
import { Section } from '@downstage/react';
import { RefLinks } from '../shared/RefLinks';
import { useWords } from '../shared/useWords';
import { paths } from '../shared/paths';

const related = (entity: Entity, relation: string) =>
  getEntityRelations(entity, relation).map(ref => stringifyEntityRef(ref));

/** The tab of a Dataset with who would notice if it changed. */
export function UsedByContent() {
  const t = useWords();
  const { entity } = useEntity();
  return (
    <Flex direction="column" gap="4">
      <Section title={t('usedBy.models')}>
        <RefLinks
          refs={related(entity, RELATION_TRAINING_DATA_FOR)}
          none={t('usedBy.noModels')}
        />
      </Section>
      <Section title={t('usedBy.features')}>
        <RefLinks
          refs={related(entity, RELATION_SOURCE_OF)}
          none={t('usedBy.noFeatures')}
        />
      </Section>
      <Section title={t('usedBy.datasets')}>
        <RefLinks
          refs={related(entity, RELATION_DERIVED_INTO)}
          none={t('usedBy.noDatasets')}
        />
      </Section>
      <Section title={t('usedBy.jobs')}>
        <Flex direction="column" gap="2" align="start">
          <Text>{t('usedBy.jobsText')}</Text>
          <Link href={paths.training}>{t('usedBy.allJobs')}</Link>
        </Flex>
      </Section>
    </Flex>
  );
}
