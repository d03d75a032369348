import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import {
  EntityRefLinks,
  getEntityRelations,
  useEntity,
} from '@backstage/plugin-catalog-react';
import { Flex, Text } from '@backstage/ui';
import {
  isFeatureEntity,
  RELATION_COMPUTED_FROM,
  RELATION_FEATURE_CONSUMED_BY,
  type FeatureEntity,
} from '@downstage/plugin-ml-catalog-common';
import type { ColumnProfile } from '@downstage/plugin-ml-data-common';
import {
  Facts,
  formatNumber,
  Frame,
  PlainTable,
  Section,
} from '@downstage/react';
import { DistributionPlot, valueText } from '../profile/DistributionPlot';
import { RefLinks } from '../shared/RefLinks';
import { useLatestVersion } from '../shared/useLatestVersion';
import { useNoVersion } from '../shared/useNoVersion';
import { useWords } from '../shared/useWords';

/** The overview of a Feature: its definition, the values of its source, and who uses it. */
export function FeatureCard() {
  const { entity } = useEntity();
  return isFeatureEntity(entity) ? <FeatureView entity={entity} /> : null;
}

function FeatureView({ entity }: { entity: FeatureEntity }) {
  const t = useWords();
  const sources = getEntityRelations(entity, RELATION_COMPUTED_FROM);
  const [declared] = entity.spec.computedFrom ?? [];
  const declaredRef = declared
    ? parseEntityRef(declared, {
        defaultKind: 'Dataset',
        defaultNamespace: entity.metadata.namespace ?? 'default',
      })
    : undefined;
  const source = sources[0] ?? declaredRef;
  const loaded = useLatestVersion(
    source && { namespace: source.namespace, name: source.name },
  );
  const noVersion = useNoVersion(source && stringifyEntityRef(source));
  const { type, entities, ttl, online, timestamp } = entity.spec;
  return (
    <Flex direction="column" gap="4">
      <Section title={t('features.definition')}>
        <Facts
          facts={[
            { label: t('features.type'), value: type },
            { label: t('features.keys'), value: entities?.join(', ') },
            { label: t('features.timestamp'), value: timestamp },
            { label: t('features.ttl'), value: ttl },
            {
              label: t('features.online'),
              value: t(online ? 'features.yes' : 'features.no'),
            },
            {
              label: t('features.source'),
              value: sources.length ? (
                <EntityRefLinks entityRefs={sources} />
              ) : (
                source && stringifyEntityRef(source)
              ),
            },
          ]}
        />
      </Section>
      <Section title={t('features.values')}>
        <Frame value={loaded}>
          {({ version }) => (
            <Flex direction="column" gap="2" align="stretch">
              <Text color="secondary">
                {version ? version.ref : noVersion.title}
              </Text>
              {!version && <Flex>{noVersion.action}</Flex>}
              <FeatureTable
                entity={entity}
                profiles={version?.profile.columns}
              />
            </Flex>
          )}
        </Frame>
      </Section>
      <Section title={t('features.consumers')}>
        <RefLinks
          refs={getEntityRelations(entity, RELATION_FEATURE_CONSUMED_BY).map(
            ref => stringifyEntityRef(ref),
          )}
          none={t('features.noConsumers')}
        />
      </Section>
    </Flex>
  );
}

function FeatureTable(props: {
  entity: FeatureEntity;
  /** Absent while no version of the source was looked at. */
  profiles: ColumnProfile[] | undefined;
}) {
  const t = useWords();
  const { entity, profiles } = props;
  const byName = new Map(profiles?.map(profile => [profile.name, profile]));
  const absent = profiles ? t('features.notInSource') : '–';
  return (
    <PlainTable
      caption={t('features.values')}
      columns={[
        t('features.feature'),
        t('features.meaning'),
        t('profile.range'),
        t('profile.mean'),
        t('profile.missing'),
        t('features.distribution'),
      ]}
      rows={entity.spec.features.map(feature => {
        const profile = byName.get(feature.name);
        const unit = feature.unit ? ` [${feature.unit}]` : '';
        return {
          key: feature.name,
          cells: [
            `${feature.name}${unit}`,
            <div style={{ minWidth: 130 }}>{feature.description ?? '–'}</div>,
            profile
              ? `${valueText(profile.min)} – ${valueText(profile.max)}`
              : absent,
            formatNumber(profile?.mean),
            formatNumber(profile?.nulls),
            profile ? (
              <div style={{ width: 90 }}>
                <DistributionPlot column={profile} height={60} isSmall />
              </div>
            ) : (
              '–'
            ),
          ],
        };
      })}
    />
  );
}
