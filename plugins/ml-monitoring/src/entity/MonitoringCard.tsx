import { Frame, Section, Time, useModelEntity } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { MonitorStatus } from '../components/MonitorStatus';
import { useMonitor } from '../hooks/useMonitor';
import { mlMonitoringTranslationRef } from '../translation';

/** Drift of a Model on its overview: the status, why, and the way to the details. */
export function MonitoringCard() {
  const { namespace, name } = useModelEntity();
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const monitor = useMonitor({ namespace, name });
  const base = `/catalog/${namespace}/model/${name}`;
  return (
    <Section title={t('monitor.heading')}>
      <Frame
        value={monitor}
        isEmpty={value => value === null}
        empty={{
          title: t('monitor.notWatchedTitle'),
          description: t('monitor.notWatchedText'),
          action: <Link href={`${base}/serving`}>{t('monitor.serving')}</Link>,
        }}
      >
        {value =>
          value && (
            <Flex direction="column" gap="2">
              <MonitorStatus status={value.status} />
              <Text>{value.message}</Text>
              {value.openEpisode && (
                <Text color="secondary">
                  {t('monitor.away')} <Time at={value.openEpisode.since} />
                </Text>
              )}
              <Link href={`${base}/monitoring`}>{t('monitor.open')}</Link>
            </Flex>
          )
        }
      </Frame>
    </Section>
  );
}
