import { useMemo } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Flex, Text } from '@backstage/ui';
import type { Job, JobSamples } from '@downstage/plugin-ml-jobs-common';
import {
  formatDuration,
  Frame,
  Plot,
  seriesColors,
  Section,
  useLoad,
} from '@downstage/react';
import { formatMemory, idleOf, type Idle } from '../domain/describeUse';
import { useJobs } from '../hooks/useJobs';
import { mlJobsTranslationRef } from '../translation';

const minute = 60_000;

/** What the newest attempt uses, or has used: cores, memory and GPUs over time. Nothing before its first attempt. */
export function JobUsePanel(props: { job: Job }) {
  const { job } = props;
  const { id } = job;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const api = useJobs();
  const attempt = job.attempts.at(-1);
  const samples = useLoad(
    async signal =>
      attempt && api.getJobSamples({ params: { id }, query: {} }, { signal }),
    [id, attempt?.number, attempt?.state],
    // What has ended does not change any more.
    { pollMs: attempt?.state === 'running' ? minute / 4 : 60 * minute },
  );
  if (!attempt || attempt.state === 'preparing') return null;
  return (
    <Section title={t('use.title')}>
      <Frame
        value={samples}
        isEmpty={value => !value?.points.length}
        empty={{
          title: t('use.emptyTitle'),
          description:
            attempt.state === 'running' ? t('use.soon') : t('use.emptyText'),
        }}
      >
        {value => value && <Use samples={value} />}
      </Frame>
    </Section>
  );
}

function Use(props: { samples: JobSamples }) {
  const { samples } = props;
  const { peak, mean, asked, points } = samples;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const hasGpu = points.some(({ gpu }) => gpu !== undefined);
  return (
    <Flex direction="column" gap="3">
      <IdleAlert idle={idleOf(samples)} />
      <div
        style={{
          display: 'grid',
          gridTemplateColumns:
            'repeat(auto-fit, minmax(min(320px, 100%), 1fr))',
          gap: 16,
        }}
      >
        <Figure
          samples={samples}
          of="memory"
          title={t('use.memory')}
          limit={asked.memory}
          limitName={t('use.limit')}
          write={formatMemory}
          summary={
            peak &&
            mean &&
            t('use.summary', {
              peak: formatMemory(peak.memory),
              mean: formatMemory(mean.memory),
            })
          }
        />
        <Figure
          samples={samples}
          of="cpu"
          title={t('use.cpu')}
          limit={asked.cpu}
          limitName={t('use.asked')}
          write={writeNumber}
          summary={
            peak &&
            mean &&
            t('use.summary', {
              peak: writeNumber(peak.cpu),
              mean: writeNumber(mean.cpu),
            })
          }
        />
        {hasGpu && (
          <Figure
            samples={samples}
            of="gpu"
            title={t('use.gpu')}
            limitName=""
            write={writePercent}
            summary={
              peak?.gpu !== undefined && mean?.gpu !== undefined
                ? t('use.summaryGpu', {
                    peak: writePercent(peak.gpu),
                    mean: writePercent(mean.gpu),
                    memory: formatMemory(peak.gpuMemory ?? 0),
                  })
                : undefined
            }
          />
        )}
      </div>
    </Flex>
  );
}

function Figure(props: {
  samples: JobSamples;
  of: 'cpu' | 'memory' | 'gpu';
  title: string;
  summary?: string;
  limit?: number;
  limitName: string;
  write: (value: number) => string;
}) {
  const { samples, of, title, summary, limit, limitName, write } = props;
  const { points } = samples;
  const option = useMemo(
    () => ({
      grid: { left: 64, right: 16, top: 24, bottom: 30 },
      tooltip: { trigger: 'axis', valueFormatter: write },
      xAxis: {
        type: 'value',
        min: 0,
        max: 'dataMax',
        axisLabel: { formatter: writeSeconds, hideOverlap: true },
      },
      yAxis: {
        type: 'value',
        min: 0,
        // The line of the limit is in sight, however little is used.
        max: ({ max }: { max: number }) =>
          of === 'gpu'
            ? 100
            : Math.max(max, limit ?? 0, of === 'cpu' ? 1 : 0) * 1.1 || 1,
        axisLabel: { formatter: write },
        splitNumber: 3,
      },
      series: [
        {
          type: 'line',
          name: title,
          showSymbol: points.length === 1,
          data: points.map(point => [point.seconds, point[of]]),
          ...(limit !== undefined && {
            markLine: {
              silent: true,
              symbol: 'none',
              data: [
                {
                  yAxis: limit,
                  name: limitName,
                  lineStyle: { type: 'dashed', color: seriesColors[1] },
                },
              ],
              label: {
                formatter: `${limitName} ${write(limit)}`,
                position: 'insideEndTop',
                color: 'inherit',
              },
            },
          }),
        },
      ],
    }),
    [points, of, title, limit, limitName, write],
  );
  return (
    <figure style={{ margin: 0, minWidth: 0 }}>
      <figcaption>
        <Text weight="bold">{title}</Text>{' '}
        {summary && (
          <Text color="secondary" variant="body-small">
            {summary}
          </Text>
        )}
      </figcaption>
      <Plot
        option={option}
        height={180}
        label={[
          title,
          summary,
          limit === undefined ? undefined : `${limitName} ${write(limit)}`,
        ]
          .filter(Boolean)
          .join('. ')}
      />
    </figure>
  );
}

/** What lay idle, a sentence for each. */
function IdleAlert(props: { idle: readonly Idle[] }) {
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const sentences = props.idle.map(({ what, asked, used }) => {
    switch (what) {
      case 'cpu':
        return t('use.idleCpu', {
          asked: writeNumber(asked),
          used: writeNumber(used),
        });
      case 'memory':
        return t('use.idleMemory', {
          asked: formatMemory(asked),
          used: formatMemory(used),
        });
      default:
        return t('use.idleGpus', {
          asked: writeNumber(asked),
          used: writePercent(used),
        });
    }
  });
  if (!sentences.length) return null;
  return (
    <Alert
      status="info"
      title={t('use.idle')}
      description={sentences.join(' ')}
    />
  );
}

function writeNumber(value: number): string {
  if (value > 0 && value < 0.05) return '< 0.1';
  return String(Math.round(value * 10) / 10);
}

function writePercent(value: number): string {
  return `${Math.round(value)} %`;
}

function writeSeconds(value: number): string {
  return formatDuration(value * 1000);
}
