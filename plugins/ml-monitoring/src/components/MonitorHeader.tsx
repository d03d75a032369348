import { useState } from 'react';
import type { Monitor } from '@downstage/plugin-ml-monitoring-common';
import { Section, Time, useAction, useOwns } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { mlMonitoringApiRef } from '../api';
import { mlMonitoringTranslationRef } from '../translation';
import { MonitorStatus } from './MonitorStatus';
import { RetrainDialog } from './RetrainDialog';

/** The status of a model with the sentence that explains it, and what its owners can do. */
export function MonitorHeader(props: {
  monitor: Monitor;
  model: { namespace: string; name: string; owner?: string };
  onEvaluated: (windowId: string) => void;
}) {
  const { monitor, model, onEvaluated } = props;
  const { namespace, name, owner } = model;
  const api = useApi(mlMonitoringApiRef);
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const owns = useOwns(owner);
  const action = useAction();
  const [retraining, setRetraining] = useState(false);

  const evaluate = () =>
    action.run(async () => {
      const window = await api.evaluateMonitor({ params: { namespace, name } });
      onEvaluated(window.id);
    });

  return (
    <Section
      title={t('monitor.heading')}
      actions={
        owns && (
          <Flex gap="2">
            <Button
              variant="secondary"
              isPending={action.pending}
              isDisabled={monitor.version === undefined}
              onPress={evaluate}
            >
              {t('monitor.evaluate')}
            </Button>
            <Button
              variant={monitor.status === 'drift' ? 'primary' : 'secondary'}
              onPress={() => setRetraining(true)}
            >
              {t('monitor.retrain')}
            </Button>
          </Flex>
        )
      }
    >
      <Flex direction="column" gap="2">
        <Text as="div" weight="bold">
          <MonitorStatus status={monitor.status} />
        </Text>
        <Text>{monitor.message}</Text>
        <Text color="secondary">
          {monitor.version === undefined
            ? t('list.noVersion')
            : t('monitor.version', { version: String(monitor.version) })}
        </Text>
        {monitor.openEpisode && (
          <Text>
            {t('monitor.away')} <Time at={monitor.openEpisode.since} />:{' '}
            {monitor.openEpisode.columns.join(', ')}
          </Text>
        )}
        {!owns && owner && (
          <Text color="secondary">{t('monitor.notOwner', { owner })}</Text>
        )}
        {action.error && (
          <Alert
            status="danger"
            title={t('monitor.evaluateFailed')}
            description={action.error.message}
          />
        )}
      </Flex>
      {retraining && (
        <RetrainDialog
          namespace={namespace}
          name={name}
          reason={monitor.message}
          onClose={() => setRetraining(false)}
        />
      )}
    </Section>
  );
}
