import { useState } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Container, Flex, Header, Select } from '@backstage/ui';
import { jobStates, type JobState } from '@downstage/plugin-ml-jobs-common';
import { useMe } from '@downstage/react';
import { JobsList } from '../components/JobsList';
import { QueueCard } from '../components/QueueCard';
import { mlJobsTranslationRef } from '../translation';

/** All jobs, with the queue above them. */
export function TrainingPage() {
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const [state, setState] = useState<JobState>();
  const [owner, setOwner] = useState<string>();
  const me = useMe();
  const all = 'all';
  return (
    <>
      <Header title={t('list.title')} description={t('list.description')} />
      <Container>
        <Flex direction="column" gap="4" pt="4" pb="8">
          <QueueCard />
          <Flex gap="3">
            <Select
              label={t('list.state')}
              value={state ?? all}
              options={[
                { value: all, label: t('list.allStates') },
                ...jobStates.map(value => ({
                  value,
                  label: t(`state.${value}`),
                })),
              ]}
              onChange={key => setState(jobStates.find(value => value === key))}
            />
            <Select
              label={t('list.owner')}
              value={owner ?? all}
              options={[
                { value: all, label: t('list.allOwners') },
                ...(me?.ownershipEntityRefs ?? []).map(ref => ({
                  value: ref,
                  label: ref,
                })),
              ]}
              onChange={key =>
                setOwner(key && key !== all ? String(key) : undefined)
              }
            />
          </Flex>
          <JobsList filter={{ state, owner }} />
        </Flex>
      </Container>
    </>
  );
}
