import type {
  ModelVersion,
  Reproduction,
} from '@downstage/plugin-ml-registry-common';
import {
  CodeBlock,
  Facts,
  formatNumber,
  Frame,
  PlainTable,
  Section,
  StatusBadge,
  Time,
  useAction,
  useLoad,
  Reason,
} from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Link, Text } from '@backstage/ui';
import { RiRepeatLine } from '@remixicon/react';
import { outcomeTones } from './outcomeTones';
import { useRegistry } from '../../shared/hooks/useRegistry';
import { paths } from '../../shared/paths';
import { mlRegistryTranslationRef } from '../../shared/translation';
import { Person } from '../../shared/Person';

/** The one command that trains a version again, and whether its metrics came out equal. */
export function ReproduceTab({ version }: { version: ModelVersion }) {
  const { namespace, name } = parseEntityRef(version.modelRef);
  const params = { namespace, name, version: version.version };
  const api = useRegistry();
  const action = useAction();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const reproduction = useLoad(
    signal => api.getReproduction({ params }, { signal }),
    [api, version.ref],
  );
  const submit = async () => {
    const done = await action.run(() => api.reproduceVersion({ params }), {
      title: t('reproduction.submitted'),
    });
    if (done) reproduction.retry();
  };
  return (
    <Frame value={reproduction}>
      {value => (
        <Flex direction="column" gap="4">
          <Section title={t('reproduction.title')}>
            <Flex direction="column" gap="3">
              <Text color="secondary">{t('reproduction.text')}</Text>
              {value.possible ? (
                <>
                  <CodeBlock code={value.command} />
                  <Flex>
                    <Button
                      variant="primary"
                      iconStart={<RiRepeatLine />}
                      isPending={action.pending}
                      onPress={submit}
                    >
                      {t('reproduction.button')}
                    </Button>
                  </Flex>
                </>
              ) : (
                <Alert
                  status="warning"
                  title={t('reproduction.notPossible')}
                  description={value.reasons.join('; ')}
                />
              )}
              {action.error && (
                <Alert
                  status="danger"
                  title={t('reproduction.failed')}
                  description={<Reason error={action.error} />}
                />
              )}
            </Flex>
          </Section>
          <Section title={t('reproduction.pinned')}>
            <Pinned reproduction={value} />
          </Section>
          <Section title={t('reproduction.attempts')}>
            <Attempts reproduction={value} />
          </Section>
        </Flex>
      )}
    </Frame>
  );
}

function Pinned({ reproduction }: { reproduction: Reproduction }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { commit, repository, datasets, environment, parameters, seed } =
    reproduction.pinned;
  const words = Object.entries(parameters)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
  return (
    <Facts
      facts={[
        { label: t('reproduction.repository'), value: repository },
        { label: t('reproduction.commit'), value: commit },
        {
          label: t('reproduction.datasets'),
          value: datasets.length
            ? datasets.map(ref => {
                const href = paths.datasetVersion(ref);
                return (
                  <div key={ref}>
                    {href ? <Link href={href}>{ref}</Link> : ref}
                  </div>
                );
              })
            : undefined,
        },
        { label: t('reproduction.environment'), value: environment },
        { label: t('reproduction.parameters'), value: words || undefined },
        {
          label: t('reproduction.seed'),
          value: seed ?? t('reproduction.noSeed'),
        },
      ]}
    />
  );
}

function Attempts({ reproduction }: { reproduction: Reproduction }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { attempts, tolerance } = reproduction;
  if (!attempts.length) {
    return <Text color="secondary">{t('reproduction.none')}</Text>;
  }
  return (
    <Flex direction="column" gap="4">
      {attempts.map(attempt => (
        <Flex key={attempt.jobId} direction="column" gap="2">
          <Flex gap="3" align="center" style={{ flexWrap: 'wrap' }}>
            <StatusBadge
              tone={outcomeTones[attempt.outcome]}
              label={t(`reproduction.outcomes.${attempt.outcome}`)}
            />
            <Link href={paths.job(attempt.jobId)}>
              {t('reproduction.job')} {attempt.jobId}
            </Link>
            {attempt.runId && (
              <Link href={paths.run(attempt.runId)}>
                {t('reproduction.run')} {attempt.runId}
              </Link>
            )}
            <Text color="secondary" variant="body-small">
              {t('reproduction.asked')} <Time at={attempt.at} />,{' '}
              <Person entityRef={attempt.requestedBy} />
            </Text>
          </Flex>
          {attempt.sameEnvironment === false && (
            <Text>{t('reproduction.otherEnvironment')}</Text>
          )}
          {attempt.metrics.length > 0 && (
            <PlainTable
              caption={t('reproduction.attempts')}
              columns={[
                t('reproduction.metric'),
                t('reproduction.original'),
                t('reproduction.again'),
                t('reproduction.difference'),
                '',
              ]}
              rows={attempt.metrics.map(
                ({ metric, original, again, difference, equal }) => ({
                  key: metric,
                  cells: [
                    metric,
                    shown(original),
                    shown(again),
                    shown(difference),
                    equal
                      ? `✓ ${t('reproduction.equal')}`
                      : `≠ ${t('reproduction.notEqual')}`,
                  ],
                }),
              )}
            />
          )}
        </Flex>
      ))}
      <Text color="secondary" variant="body-small">
        {t('reproduction.tolerance', {
          absolute: String(tolerance.absolute),
          relative: String(tolerance.relative),
        })}
      </Text>
    </Flex>
  );
}

function shown(value: number | undefined) {
  return value === undefined ? '–' : formatNumber(value);
}
