import { useContext } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Container, Flex, Header, Text } from '@backstage/ui';
import { jobChangedTopic, type Job } from '@downstage/plugin-ml-jobs-common';
import { Frame, NamedText, Section, useLoad } from '@downstage/react';
import { useParams } from 'react-router-dom';
import { JobActions } from '../components/JobActions';
import {
  JobAttempts,
  JobDetails,
  JobGiven,
  JobMade,
} from '../components/JobFacts';
import { JobLogPanel } from '../components/JobLogPanel';
import { JobStateBadge } from '../components/JobStateBadge';
import { JobUsePanel } from '../components/JobUsePanel';
import { JobTimeline } from '../components/JobTimeline';
import { WhyItWaits } from '../components/WhyItWaits';
import { headlineOf } from '../domain/headlineOf';
import { JobResults } from '../hooks/jobResults';
import { useJobs } from '../hooks/useJobs';
import { paths } from '../paths';
import { mlJobsTranslationRef } from '../translation';

/** One job: what it is, how far it is, and its log while it runs. */
export function JobPage() {
  const { id = '' } = useParams();
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const api = useJobs();
  const job = useLoad(
    signal => api.getJob({ params: { id } }, { signal }),
    [id],
    {
      channel: jobChangedTopic.name,
      pollMs: 5_000,
    },
  );
  return (
    <>
      <Header
        title={job.value ? `${job.value.name} · ${id}` : id}
        breadcrumbs={[{ label: t('list.title'), href: paths.training }]}
        customActions={
          job.value && <JobActions job={job.value} onChanged={job.retry} />
        }
      />
      <Container>
        <Flex direction="column" gap="4" pt="4" pb="8">
          <Frame
            value={job}
            elsewhere={{ href: paths.training, label: t('job.showAll') }}
          >
            {value => <JobContent job={value} />}
          </Frame>
        </Flex>
      </Container>
    </>
  );
}

function JobContent(props: { job: Job }) {
  const { job } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const results = useContext(JobResults);
  const headline = headlineOf(job, new Date());
  return (
    <>
      <Flex gap="3" align="center">
        <JobStateBadge job={job} />
        <Text>
          <NamedText text={t(`headline.${headline.key}`, headline.values)} />
        </Text>
      </Flex>
      {job.warnings.length > 0 && (
        <Alert
          status="warning"
          title={t('job.warnings')}
          description={job.warnings
            .map(({ option, message }) => `${option}: ${message}`)
            .join('; ')}
        />
      )}
      {results.map((Result, index) => (
        // Which ones there are is fixed when the portal starts.
        <Result key={index} jobId={job.id} />
      ))}
      {['queued', 'blocked', 'held'].includes(job.state) && (
        <WhyItWaits jobId={job.id} />
      )}
      <Section title={t('job.timeline')}>
        <JobTimeline job={job} />
      </Section>
      <JobUsePanel job={job} />
      <JobLogPanel jobId={job.id} />
      <JobDetails job={job} />
      <JobAttempts job={job} />
      <JobGiven job={job} />
      <JobMade job={job} />
    </>
  );
}
