import { useState } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  ButtonLink,
  Dialog,
  DialogBody,
  DialogHeader,
  Flex,
  TextField,
} from '@backstage/ui';
import { memoryToAskFor, type Job } from '@downstage/plugin-ml-jobs-common';
import { ConfirmDialog, Reason, useAction, useOwns } from '@downstage/react';
import { useJobs } from '../hooks/useJobs';
import { paths } from '../paths';
import { mlJobsTranslationRef } from '../translation';
import { RerunButton } from './RerunButton';

/** What can be done with a job: for its owners only, others see where its runs are. */
export function JobActions(props: { job: Job; onChanged: () => void }) {
  const { job, onChanged } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const owns = useOwns(job.owner);
  const [asking, setAsking] = useState(false);
  const memory = memoryToAskFor(job);
  const isOver = ['succeeded', 'failed', 'cancelled'].includes(job.state);
  return (
    <Flex gap="2" align="center">
      <ButtonLink variant="secondary" href={paths.runsOfJob(job.id)}>
        {t('job.runs')}
      </ButtonLink>
      {owns && isOver && <RerunButton job={job} isOther={Boolean(memory)} />}
      {owns && memory && <RerunButton job={job} memory={memory} />}
      {owns && ['queued', 'blocked', 'held'].includes(job.state) && (
        <HoldButton job={job} onChanged={onChanged} />
      )}
      {owns && !isOver && (
        <Button variant="secondary" destructive onPress={() => setAsking(true)}>
          {t('cancel.button')}
        </Button>
      )}
      {asking && (
        <CancelDialog
          job={job}
          onClose={() => setAsking(false)}
          onDone={() => {
            setAsking(false);
            onChanged();
          }}
        />
      )}
    </Flex>
  );
}

/** Holds a job that waits, or lets it go. */
function HoldButton(props: { job: Job; onChanged: () => void }) {
  const { job, onChanged } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const api = useJobs();
  const action = useAction();
  const isHeld = job.state === 'held';
  const change = () =>
    action.run(
      async () => {
        const request = { params: { id: job.id }, body: {} };
        await (isHeld ? api.releaseJob(request) : api.holdJob(request));
        onChanged();
      },
      { title: isHeld ? t('hold.released') : t('hold.done') },
    );
  return (
    <>
      <Button variant="secondary" isPending={action.pending} onPress={change}>
        {isHeld ? t('hold.release') : t('hold.button')}
      </Button>
      {action.error && (
        <Dialog isOpen onOpenChange={action.clear} width="min(520px, 92vw)">
          <DialogHeader>{t('hold.failed')}</DialogHeader>
          <DialogBody>
            <Alert status="danger" title={<Reason error={action.error} />} />
          </DialogBody>
        </Dialog>
      )}
    </>
  );
}

function CancelDialog(props: {
  job: Job;
  onClose: () => void;
  onDone: () => void;
}) {
  const { job } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const api = useJobs();
  const [reason, setReason] = useState('');
  return (
    <ConfirmDialog
      title={t('cancel.title', { name: job.name })}
      text={t('cancel.text')}
      words={{
        confirm: t('cancel.confirm'),
        cancel: t('cancel.keep'),
        failed: t('cancel.failed'),
      }}
      destructive
      change={() =>
        api.cancelJob({
          params: { id: job.id },
          body: reason.trim() ? { reason: reason.trim() } : {},
        })
      }
      success={{ title: t('cancel.done') }}
      onClose={props.onClose}
      onDone={props.onDone}
    >
      <TextField
        label={t('cancel.reason')}
        value={reason}
        onChange={setReason}
      />
    </ConfirmDialog>
  );
}
