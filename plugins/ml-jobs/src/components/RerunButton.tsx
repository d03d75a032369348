import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Dialog, DialogBody, DialogHeader } from '@backstage/ui';
import type { Job } from '@downstage/plugin-ml-jobs-common';
import { Reason, useAction } from '@downstage/react';
import { useNavigate } from 'react-router-dom';
import { useJobs } from '../hooks/useJobs';
import { paths } from '../paths';
import { mlJobsTranslationRef } from '../translation';

/** Submits a job again, and shows the new one. */
export function RerunButton(props: {
  job: Job;
  /** In place of what it asked for. */
  memory?: string;
  /** Beside it is a button that is likelier to help. */
  isOther?: boolean;
}) {
  const { job, memory, isOther } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const api = useJobs();
  const navigate = useNavigate();
  const action = useAction();
  const rerun = () =>
    action.run(
      async () => {
        const again = await api.rerunJob({
          params: { id: job.id },
          body: memory ? { resources: { memory } } : {},
        });
        navigate(paths.job(again.id));
      },
      { title: t('rerun.done') },
    );
  return (
    <>
      <Button
        variant={isOther ? 'secondary' : 'primary'}
        isPending={action.pending}
        onPress={rerun}
      >
        {memory ? t('rerun.withMemory', { memory }) : t('rerun.button')}
      </Button>
      {action.error && (
        <Dialog isOpen onOpenChange={action.clear} width="min(520px, 92vw)">
          <DialogHeader>{t('rerun.failed')}</DialogHeader>
          <DialogBody>
            <Alert status="danger" title={<Reason error={action.error} />} />
          </DialogBody>
        </Dialog>
      )}
    </>
  );
}
