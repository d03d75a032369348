import { shownNameOf } from '@downstage/common';
import { parseEntityRef } from '@backstage/catalog-model';
import { Link } from '@backstage/core-components';
import { Flex, Grid, Text } from '@backstage/ui';
import {
  Frame,
  StatusBadge,
  useContractClient,
  useLoad,
  type Loaded,
  type Tone,
} from '@downstage/react';
import {
  mlJobsContract,
  type JobState,
} from '@downstage/plugin-ml-jobs-common';
import {
  mlMonitoringContract,
  type Monitor,
} from '@downstage/plugin-ml-monitoring-common';
import { mlRegistryContract } from '@downstage/plugin-ml-registry-common';
import { mlServingContract } from '@downstage/plugin-ml-serving-common';
import type { ReactNode } from 'react';

const jobTones: Record<JobState, Tone> = {
  queued: 'running',
  held: 'warning',
  blocked: 'error',
  preempted: 'warning',
  preparing: 'running',
  running: 'running',
  succeeded: 'ok',
  failed: 'error',
  cancelled: 'neutral',
};

function readiness(all: number, ready: number) {
  if (!all) return 'none deployed yet';
  return ready === all ? 'all answer' : `${all - ready} not ready`;
}

/** What is on stage, what is being rehearsed, what waits for somebody, what went wrong. */
export function StageWidget() {
  const registry = useContractClient(mlRegistryContract, 'ml-registry');
  const jobs = useContractClient(mlJobsContract, 'ml-jobs');
  const serving = useContractClient(mlServingContract, 'ml-serving');
  const monitoring = useContractClient(mlMonitoringContract, 'ml-monitoring');
  const options = { pollMs: 5_000 };

  const models = useLoad(
    signal => registry.countModels({ query: {} }, { signal }),
    [],
    options,
  );
  const latestJobs = useLoad(
    signal => jobs.listJobs({ query: { limit: 20 } }, { signal }),
    [],
    options,
  );
  const endpoints = useLoad(
    signal => serving.countEndpoints({}, { signal }),
    [],
    options,
  );
  const monitors = useLoad(
    async signal => {
      const [counts, alarming] = await Promise.all([
        monitoring.countMonitors({}, { signal }),
        monitoring.listMonitors(
          // The count is of drift alone: a model that is only wrong must not look well.
          { query: { kind: 'all', status: 'drift', limit: 10 } },
          { signal },
        ),
      ]);
      return { ...counts, alarming: alarming.items };
    },
    [],
    options,
  );

  return (
    <Grid.Root columns={{ initial: '1', sm: '2', md: '4' }} gap="2">
      <Tile title="Models" to="/models" value={models}>
        {({ total, inProduction, pendingPromotions }) => (
          <>
            <Figure number={inProduction} of={total} label="in production" />
            <StatusBadge
              tone={pendingPromotions ? 'warning' : 'neutral'}
              label={
                pendingPromotions
                  ? `${pendingPromotions} waiting for approval`
                  : 'nothing waits for approval'
              }
            />
          </>
        )}
      </Tile>
      <Tile title="Training" to="/training" value={latestJobs}>
        {({ items }) => {
          const active = items.filter(
            job => !['succeeded', 'failed', 'cancelled'].includes(job.state),
          );
          const [latest] = items;
          return (
            <>
              <Figure number={active.length} label="under way" />
              {latest && (
                <Link to={`/training/jobs/${latest.id}`}>
                  <StatusBadge
                    wraps
                    tone={jobTones[latest.state]}
                    label={`${latest.name}: ${latest.state}`}
                  />
                </Link>
              )}
            </>
          );
        }}
      </Tile>
      <Tile title="Endpoints" to="/endpoints" value={endpoints}>
        {({ total, states: { ready } }) => (
          <>
            <Figure number={ready} of={total} label="ready" />
            <StatusBadge
              tone={ready === total ? 'ok' : 'warning'}
              label={readiness(total, ready)}
            />
          </>
        )}
      </Tile>
      <Tile title="Monitoring" to="/monitoring" value={monitors}>
        {({ total, byStatus, alarming }) => (
          <>
            <Figure number={byStatus.drift ?? 0} of={total} label="drifting" />
            {alarming.map(monitor => (
              <Alarm key={monitor.id} monitor={monitor} />
            ))}
            {!alarming.length && (
              <StatusBadge tone="ok" label="nothing unusual" />
            )}
          </>
        )}
      </Tile>
    </Grid.Root>
  );
}

function Alarm({ monitor }: { monitor: Monitor }) {
  const { kind, name, modelRef } = monitor;
  const model = parseEntityRef(modelRef);
  const isDrift = kind === 'drift';
  const search =
    isDrift && name === 'default' ? '' : `?monitor=${kind}/${name}`;
  return (
    <Link
      to={`/catalog/${model.namespace}/model/${model.name}/monitoring${search}`}
    >
      <StatusBadge
        wraps
        tone="error"
        label={`${shownNameOf(model)} ${
          isDrift ? 'drifted' : `beyond its limit of ${kind}`
        }${name === 'default' ? '' : ` · ${name}`}`}
      />
    </Link>
  );
}

function Tile<T>(props: {
  title: string;
  to: string;
  value: Loaded<T>;
  children: (value: T) => ReactNode;
}) {
  return (
    <Flex direction="column" gap="1">
      <Text as="h3" variant="title-x-small">
        <Link to={props.to}>{props.title}</Link>
      </Text>
      <Frame isNarrow value={props.value}>
        {props.children}
      </Frame>
    </Flex>
  );
}

function Figure(props: { number: number; of?: number; label: string }) {
  return (
    <Text as="p">
      <strong style={{ fontSize: 24 }}>{props.number}</strong>
      {props.of !== undefined && ` of ${props.of}`} {props.label}
    </Text>
  );
}
