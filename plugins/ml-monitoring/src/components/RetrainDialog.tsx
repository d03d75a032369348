import { shownNameOf } from '@downstage/common';
import { useState } from 'react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  ButtonLink,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  Text,
  TextField,
} from '@backstage/ui';
import type { Retrained } from '@downstage/plugin-ml-monitoring-common';
import { useAction, useLoad, Reason } from '@downstage/react';
import { mlMonitoringApiRef } from '../api';
import { mlMonitoringTranslationRef } from '../translation';

/** Confirms that a model is trained again, and leads to the job. */
export function RetrainDialog(props: {
  namespace: string;
  name: string;
  reason: string;
  onClose: () => void;
}) {
  const { namespace, name, onClose } = props;
  const api = useApi(mlMonitoringApiRef);
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const [reason, setReason] = useState(props.reason.slice(0, 500));
  const [job, setJob] = useState<Retrained>();
  const preview = useLoad(
    signal =>
      api.previewRetraining({ params: { namespace, name } }, { signal }),
    [api, namespace, name],
    { pollMs: 0 },
  ).value;
  const changed = (preview?.inputs ?? []).filter(
    ({ before, newest }) => newest && newest !== before,
  );
  const action = useAction();
  const confirm = () =>
    action.run(async () => {
      const submitted = await api.retrainModel({
        params: { namespace, name },
        body: { reason: reason.trim() || undefined },
      });
      setJob(submitted);
    });

  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(560px, 92vw)"
    >
      <DialogHeader>
        {t('retrain.title', { name: shownNameOf({ namespace, name }) })}
      </DialogHeader>
      <DialogBody>
        {job ? (
          <Alert
            status={job.sameModel ? 'warning' : 'success'}
            title={t('retrain.doneTitle')}
            description={`${job.jobId}. ${job.message}`}
          />
        ) : (
          <Flex direction="column" gap="4">
            <Text>{t('retrain.text')}</Text>
            {preview?.sameData && (
              <Alert
                status="warning"
                title={t('retrain.sameData', {
                  data: preview.inputs.map(({ before }) => before).join(', '),
                })}
              />
            )}
            {changed.length > 0 && (
              <Text>
                {t('retrain.newData', {
                  data: changed
                    .map(({ before, newest = '' }) =>
                      t('retrain.instead', { before, newest }),
                    )
                    .join(', '),
                })}
              </Text>
            )}
            <TextField
              label={t('retrain.reason')}
              value={reason}
              onChange={setReason}
              maxLength={500}
            />
            {action.error && (
              <Alert
                status="danger"
                title={t('retrain.failed')}
                description={<Reason error={action.error} />}
              />
            )}
          </Flex>
        )}
      </DialogBody>
      <DialogFooter>
        {job ? (
          <ButtonLink
            variant="primary"
            href={`/training/jobs/${encodeURIComponent(job.jobId)}`}
          >
            {t('retrain.follow')}
          </ButtonLink>
        ) : (
          <Button
            variant="primary"
            isPending={action.pending}
            onPress={confirm}
          >
            {t('retrain.confirm')}
          </Button>
        )}
        <Button variant="secondary" onPress={onClose}>
          {t(job ? 'retrain.close' : 'retrain.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
