import { useState } from 'react';
import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type {
  ModelVersion,
  PromotionTarget,
} from '@downstage/plugin-ml-registry-common';
import { Frame, useAction, useLoad, Reason } from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  Select,
  Text,
  TextAreaField,
} from '@backstage/ui';
import { targetsFrom } from '../shared/domain/stages';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ChampionComparison } from './ChampionComparison';
import { GateList } from './GateList';

/**
 * Asks for a promotion. Shows beforehand what it would meet: the gates, the version in production, the approvals.
 * The button stays shut while the server says that it would refuse.
 */
export function PromotionDialog(props: {
  version: ModelVersion;
  evaluation?: ModelEvaluation;
  onClose: () => void;
  onRequested: (promotionId: string) => void;
}) {
  const { version, evaluation, onClose, onRequested } = props;
  const { namespace, name } = parseEntityRef(version.modelRef);
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const targets = targetsFrom(version.stage);
  const [target, setTarget] = useState<PromotionTarget>(
    targets[0] ?? 'production',
  );
  const [reason, setReason] = useState('');
  const params = { namespace, name, version: version.version };
  const preview = useLoad(
    signal =>
      api.previewPromotion({ params, query: { to: target } }, { signal }),
    [api, version.ref, target],
    { pollMs: 0 },
  );

  const submit = async () => {
    let id = '';
    const done = await action.run(
      async () => {
        const promotion = await api.requestPromotion({
          params,
          body: {
            to: target,
            ...(reason.trim() && { reason: reason.trim() }),
          },
        });
        id = promotion.id;
      },
      { title: t('promotion.requested', { version: String(version.version) }) },
    );
    if (done) onRequested(id);
  };

  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(760px, 92vw)"
    >
      <DialogHeader>
        {t('promotion.dialogTitle', { version: String(version.version) })}
      </DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          {targets.length > 1 && (
            <Select
              label={t('promotion.target')}
              options={targets.map(stage => ({
                value: stage,
                label: t(`stage.${stage}`),
              }))}
              value={target}
              onChange={key =>
                setTarget(targets.find(stage => stage === key) ?? target)
              }
            />
          )}
          <Frame value={preview}>
            {found => (
              <Flex direction="column" gap="4">
                {!found.allowed && (
                  <Alert
                    status="warning"
                    title={t('promotion.notAllowed')}
                    description={found.reasons.join(' ')}
                  />
                )}
                <GateList gates={found.gates} />
                {found.champion && (
                  <Text as="h3" weight="bold">
                    {t('promotion.championTitle', {
                      version: String(found.champion.version),
                    })}
                  </Text>
                )}
                <ChampionComparison
                  version={version.version}
                  metrics={version.metrics}
                  champion={found.champion}
                  evaluation={evaluation}
                />
                <Text>
                  {found.approvalsNeeded === 0
                    ? t('promotion.approvalsNone')
                    : t('promotion.approvals', {
                        count: found.approvalsNeeded,
                      })}
                </Text>
              </Flex>
            )}
          </Frame>
          <TextAreaField
            label={t('promotion.reason')}
            description={t('promotion.reasonHint')}
            value={reason}
            onChange={setReason}
          />
          {action.error && (
            <Alert
              status="danger"
              title={t('promotion.failed')}
              description={<Reason error={action.error} />}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          isDisabled={!preview.value?.allowed}
          isPending={action.pending}
          onPress={submit}
        >
          {t('promotion.submit')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('promotion.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
