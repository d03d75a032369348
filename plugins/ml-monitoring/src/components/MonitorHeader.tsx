import { useState } from 'react';
import type { Monitor } from '@downstage/plugin-ml-monitoring-common';
import {
  Section,
  Time,
  useAction,
  useOwns,
  Reason,
  NamedText,
} from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { listed } from '@downstage/common';
import { mlMonitoringApiRef } from '../api';
import { isFirst } from '../hooks/whichMonitor';
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
      const params = { namespace, name };
      const { kind } = monitor;
      const window = await (isFirst(monitor)
        ? api.evaluateMonitor({ params })
        : api.evaluateNamedMonitor({
            params: { ...params, kind, monitor: monitor.name },
          }));
      onEvaluated(window.id);
    });

  return (
    <Section
      title={
        isFirst(monitor)
          ? t('monitor.heading')
          : t('monitor.headingOfKind', {
              kind: monitor.kind,
              name: monitor.name,
            })
      }
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
          <MonitorStatus status={monitor.status} kind={monitor.kind} />
        </Text>
        <Text>{monitor.message}</Text>
        <Text color="secondary">
          {monitor.version === undefined
            ? t('list.noVersion')
            : t('monitor.version', { version: String(monitor.version) })}
        </Text>
        {monitor.openEpisode && (
          <Text>
            {t(monitor.kind === 'drift' ? 'monitor.away' : 'monitor.since')}{' '}
            <Time at={monitor.openEpisode.since} />:{' '}
            {listed(monitor.openEpisode.columns)}
          </Text>
        )}
        {!owns && owner && (
          <Text color="secondary">
            <NamedText text={t('monitor.notOwner', { owner })} />
          </Text>
        )}
        {action.error && (
          <Alert
            status="danger"
            title={t('monitor.evaluateFailed')}
            description={<Reason error={action.error} />}
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
