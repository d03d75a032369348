import type {
  DatasetInput,
  ModelVersion,
} from '@downstage/plugin-ml-registry-common';
import { Facts, Section, Time } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { paths } from './paths';
import { mlRegistryTranslationRef } from './translation';
import { EntityLink, Person } from './Person';

/** What a version was made from: run, job, data, features, code, environment. */
export function Lineage(props: { version: ModelVersion }) {
  const { version } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <Section title={t('versionPage.upstream')}>
      <Facts
        facts={[
          {
            label: t('versions.run'),
            value: version.runId && (
              <Link href={paths.run(version.runId)}>{version.runId}</Link>
            ),
          },
          {
            label: t('versions.job'),
            value: version.jobId && (
              <Link href={paths.job(version.jobId)}>{version.jobId}</Link>
            ),
          },
          {
            label: t('versions.dataset'),
            value: version.datasets.length > 0 && (
              <DatasetLinks datasets={version.datasets} />
            ),
          },
          {
            label: t('versions.features'),
            value:
              version.features.length > 0
                ? version.features.map(ref => (
                    <div key={ref}>
                      <EntityLink entityRef={ref} />
                    </div>
                  ))
                : undefined,
          },
          { label: t('versions.commit'), value: version.commit },
          { label: t('versions.environment'), value: version.environment },
          {
            label: t('versions.flavors'),
            value: version.flavors.join(', ') || undefined,
          },
          { label: t('versions.source'), value: version.source },
          {
            label: t('versions.by'),
            value: <Person entityRef={version.createdBy} />,
          },
          {
            label: t('versions.created'),
            value: <Time at={version.createdAt} />,
          },
        ].map(({ label, value }) => ({ label, value: value || undefined }))}
      />
    </Section>
  );
}

/** Where a version goes from here: the pages that know endpoints, and what is watched of them. */
export function Downstream({ version }: { version: ModelVersion }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <Section title={t('versionPage.downstream')}>
      <Flex direction="column" gap="2">
        <Text color="secondary">{t('versionPage.downstreamText')}</Text>
        <Flex gap="4">
          <Link href={paths.entity(version.modelRef, 'serving')}>
            {t('versionPage.serving')}
          </Link>
          <Link href={paths.entity(version.modelRef, 'monitoring')}>
            {t('versionPage.monitoring')}
          </Link>
        </Flex>
      </Flex>
    </Section>
  );
}

/** Data sets a run or version read, each once; those the portal knows lead to the very version. */
export function DatasetLinks(props: { datasets: readonly DatasetInput[] }) {
  return (
    <>
      {[
        ...new Map(
          props.datasets.map(item => [
            item.ref ?? `${item.name} ${item.digest}`,
            item,
          ]),
        ).values(),
      ].map(({ name, digest, ref }) => {
        const href = ref && paths.datasetVersion(ref);
        return (
          <div key={`${name} ${digest}`} title={digest}>
            {href ? <Link href={href}>{ref}</Link> : ref ?? name}
          </div>
        );
      })}
    </>
  );
}
