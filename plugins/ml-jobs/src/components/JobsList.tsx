import { useState } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, ButtonLink, Flex } from '@backstage/ui';
import {
  jobChangedTopic,
  type JobState,
} from '@downstage/plugin-ml-jobs-common';
import { CodeBlock, Frame, useLoad } from '@downstage/react';
import { useJobs } from '../hooks/useJobs';
import { paths } from '../paths';
import { mlJobsTranslationRef } from '../translation';
import { JobsTable } from './JobsTable';

const step = 25;

/** Jobs by owner, model and state; more of them on request. */
export function JobsList(props: {
  filter: { owner?: string; model?: string; state?: JobState };
}) {
  const { owner, model, state } = props.filter;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const api = useJobs();
  const [limit, setLimit] = useState(step);
  const jobs = useLoad(
    signal =>
      api.listJobs({ query: { owner, model, state, limit } }, { signal }),
    [owner, model, state, limit],
    { channel: jobChangedTopic.name },
  );
  const isFiltered = Boolean(owner || state);
  const minimal = `apiVersion: downstage.dev/v1\nkind: Job\nentryPoint: python src/train.py${
    model ? `\nmodel: ${model}` : ''
  }`;
  return (
    <Frame
      value={jobs}
      isEmpty={({ items }) => items.length === 0}
      empty={
        isFiltered
          ? {
              title: t('list.noMatchTitle'),
              description: t('list.noMatchText'),
            }
          : {
              title: t(model ? 'tab.emptyTitle' : 'list.emptyTitle'),
              description: (
                <Flex direction="column" gap="2">
                  {t(model ? 'tab.emptyText' : 'list.emptyText')}
                  <CodeBlock code={minimal} />
                </Flex>
              ),
              action: (
                <ButtonLink variant="primary" href={paths.templates}>
                  {t('list.emptyAction')}
                </ButtonLink>
              ),
            }
      }
    >
      {({ items, nextCursor }) => (
        <Flex direction="column" gap="3" align="start">
          <div style={{ width: '100%' }}>
            <JobsTable jobs={items} withModel={!model} />
          </div>
          {nextCursor && limit < 500 && (
            <Button
              variant="secondary"
              onPress={() => setLimit(Math.min(500, limit + step))}
            >
              {t('list.more')}
            </Button>
          )}
        </Flex>
      )}
    </Frame>
  );
}
