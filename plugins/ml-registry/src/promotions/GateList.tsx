import {
  letsPass,
  type GateVerdict,
} from '@downstage/plugin-ml-registry-common';
import { Facts, StatusBadge } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text } from '@backstage/ui';
import { gateTone } from '../shared/domain/stages';
import { mlRegistryTranslationRef } from '../shared/translation';
import { Person } from '../shared/Person';

/** What each gate saw and wanted, and for those that did not pass, how they would. */
export function GateList(props: {
  gates: readonly GateVerdict[];
  /** Offers a waiver for gates that failed and can be waived. */
  onWaive?: (gate: string) => void;
}) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  if (props.gates.length === 0) {
    return <Text color="secondary">{t('gate.none')}</Text>;
  }
  return (
    <ul
      aria-label={t('gate.title')}
      style={{ listStyle: 'none', margin: 0, padding: 0 }}
    >
      {props.gates.map(gate => (
        <li
          key={gate.gate}
          style={{
            padding: '10px 0',
            borderBottom: '1px solid var(--bui-border-2)',
          }}
        >
          <Flex direction="column" gap="2">
            <Flex gap="3" align="center">
              <StatusBadge
                tone={gateTone[gate.status]}
                label={t(`gate.${gate.status}`)}
              />
              <Text weight="bold">{gate.gate}</Text>
            </Flex>
            <Text color="secondary">{gate.message}</Text>
            {gate.waiver && (
              <Text>
                {t('governance.waived', {
                  by: <Person entityRef={gate.waiver.by} />,
                  reason: gate.waiver.reason,
                })}
              </Text>
            )}
            <Facts
              facts={[
                { label: t('gate.saw'), value: gate.saw },
                { label: t('gate.wanted'), value: gate.wanted },
                {
                  label: t('gate.how'),
                  value: gate.status === 'passed' ? undefined : gate.how,
                },
              ]}
            />
            {props.onWaive && gate.status === 'failed' && gate.waivable && (
              <div>
                <Button
                  size="small"
                  variant="secondary"
                  onPress={() => props.onWaive?.(gate.gate)}
                >
                  {t('governance.waive')}
                </Button>
              </div>
            )}
          </Flex>
        </li>
      ))}
    </ul>
  );
}

/** All gates in one line: `3 of 4 gates passed`. */
export function GateSummary(props: { gates: readonly GateVerdict[] }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { gates } = props;
  if (gates.length === 0) return <>–</>;
  const passed = gates.filter(letsPass).length;
  const worst =
    gates.find(gate => gate.status === 'failed') ??
    gates.find(gate => gate.status === 'pending') ??
    gates.find(gate => gate.status !== 'passed') ??
    gates[0];
  return (
    <StatusBadge
      tone={gateTone[worst.status]}
      label={t('gate.summary', {
        passed: String(passed),
        total: String(gates.length),
      })}
    />
  );
}
