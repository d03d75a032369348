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
import { useAction } from '@downstage/react';
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
  const [jobId, setJobId] = useState<string>();
  const action = useAction();
  const confirm = () =>
    action.run(async () => {
      const submitted = await api.retrainModel({
        params: { namespace, name },
        body: { reason: reason.trim() || undefined },
      });
      setJobId(submitted.jobId);
    });

  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(560px, 92vw)"
    >
      <DialogHeader>{t('retrain.title', { name })}</DialogHeader>
      <DialogBody>
        {jobId ? (
          <Alert
            status="success"
            title={t('retrain.doneTitle')}
            description={jobId}
          />
        ) : (
          <Flex direction="column" gap="4">
            <Text>{t('retrain.text')}</Text>
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
                description={action.error.message}
              />
            )}
          </Flex>
        )}
      </DialogBody>
      <DialogFooter>
        {jobId ? (
          <ButtonLink
            variant="primary"
            href={`/training/jobs/${encodeURIComponent(jobId)}`}
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
          {t(jobId ? 'retrain.close' : 'retrain.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
