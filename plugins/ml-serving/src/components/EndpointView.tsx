import { useState } from 'react';
import { NO_GATEWAY, type Endpoint } from '@downstage/plugin-ml-serving-common';
import {
  CodeBlock,
  Section,
  StatusBadge,
  Time,
  useOwns,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Link, Text } from '@backstage/ui';
import { mlServingTranslationRef } from '../translation';
import { EndpointState } from './EndpointState';
import { formatShare } from './formatShare';
import { PredictionLogFacts } from './PredictionLogFacts';
import { RolloutHistory } from './RolloutHistory';
import { TakeDownDialog } from './TakeDownDialog';
import { TrafficPlot } from './TrafficPlot';
import { TryIt } from './TryIt';

const conditionTones = {
  true: 'ok',
  false: 'warning',
  unknown: 'running',
} as const;

/** One endpoint: what answers, why, how fast, how to call it. */
export function EndpointView(props: {
  endpoint: Endpoint;
  onChange: () => void;
}) {
  const { endpoint, onChange } = props;
  const { t } = useTranslationRef(mlServingTranslationRef);
  const owns = useOwns(endpoint.owner);
  const [removing, setRemoving] = useState(false);
  const { namespace, name } = endpoint;
  return (
    <Flex direction="column" gap="4">
      <Section
        title={t('endpoint.status')}
        actions={
          owns && (
            <Button
              variant="secondary"
              size="small"
              onPress={() => setRemoving(true)}
            >
              {t('endpoint.remove')}
            </Button>
          )
        }
      >
        <Flex direction="column" gap="3">
          <EndpointState endpoint={endpoint} />
          {endpoint.variants.map(
            ({ variant, version, weight, mode = 'live', state }) => (
              <Text key={variant}>
                {variant}:{' '}
                <Link
                  href={`/catalog/${namespace}/model/${name}/versions?version=${version}`}
                >
                  {t('endpoint.version', { version: String(version) })}
                </Link>{' '}
                {mode === 'shadow'
                  ? t('endpoint.shadow', { state })
                  : t('endpoint.share', { share: formatShare(weight), state })}
              </Text>
            ),
          )}
          {endpoint.previousVersion !== undefined && (
            <Text color="secondary">
              {t('endpoint.previous', {
                version: String(endpoint.previousVersion),
              })}{' '}
              {owns && (
                <Link href={`/catalog/${namespace}/model/${name}/versions`}>
                  {t('endpoint.rollback')}
                </Link>
              )}
            </Text>
          )}
          <Flex align="center" gap="2">
            <Text color="secondary">{t('endpoint.gateway')}</Text>
            <StatusBadge
              tone={endpoint.gateway.alive ? 'ok' : 'error'}
              label={t(gatewayLabel(endpoint))}
            />
            {endpoint.gateway.since && (
              <Text color="secondary">
                {t('endpoint.gatewaySince')}{' '}
                <Time at={endpoint.gateway.since} />
              </Text>
            )}
          </Flex>
          {endpoint.conditions.map(({ type, status, reason, message }) => (
            <Flex key={type} align="center" gap="2">
              <StatusBadge
                tone={conditionTones[status]}
                label={`${type}: ${reason}`}
              />
              <Text color="secondary">{message}</Text>
            </Flex>
          ))}
        </Flex>
      </Section>
      <Section title={t('rollouts.title')}>
        <RolloutHistory endpoint={endpoint} />
      </Section>
      <Section title={t('endpoint.traffic')}>
        <TrafficPlot endpoint={endpoint} />
      </Section>
      <Section title={t('endpoint.tryTitle')}>
        <TryIt endpoint={endpoint} />
      </Section>
      <Section title={t('endpoint.call')}>
        <CodeBlock
          code={[
            '# An access token with the scope predict: Settings, Access tokens',
            'export DOWNSTAGE_TOKEN=dst_…',
            '',
            '# Named columns',
            `curl -s ${endpoint.url}/predict -H "authorization: Bearer $DOWNSTAGE_TOKEN" \\`,
            "  -H 'content-type: application/json' -d @rows.json",
            '',
            '# Open Inference Protocol v2: which tensors it takes',
            `curl -s ${endpoint.url} -H "authorization: Bearer $DOWNSTAGE_TOKEN"`,
          ].join('\n')}
        />
      </Section>
      <Section title={t('endpoint.log')}>
        <PredictionLogFacts endpoint={endpoint} />
      </Section>
      {removing && (
        <TakeDownDialog
          endpoint={endpoint}
          onClose={() => setRemoving(false)}
          onDone={() => {
            setRemoving(false);
            onChange();
          }}
        />
      )}
    </Flex>
  );
}

function gatewayLabel({ gateway, conditions }: Endpoint) {
  if (gateway.alive) return 'endpoint.gatewayAlive';
  return conditions.some(({ reason }) => reason === NO_GATEWAY)
    ? 'endpoint.gatewayNone'
    : 'endpoint.gatewayGone';
}
