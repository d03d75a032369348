import { shownNameOf } from '@downstage/common';
import { useState } from 'react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { humanizeEntityRef } from '@backstage/plugin-catalog-react';
import { Alert, Button } from '@backstage/ui';
import type { Model } from '@downstage/plugin-ml-registry-common';
import { ConfirmDialog, useOwns } from '@downstage/react';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Says that the catalog's entity does not count for the registered model; its owners may accept it or hand the model over. */
export function CatalogConflictAlert(props: {
  model: Model | undefined;
  onChanged: () => void;
}) {
  const { model, onChanged } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const owns = useOwns(model?.owner);
  const [asking, setAsking] = useState(false);
  if (!model?.catalogConflict) return null;

  const { name, namespace, catalogConflict: conflict } = model;
  const { owner, message } = conflict;
  const accepts = owner !== undefined && owner === model.owner;
  const words = {
    name: shownNameOf(model),
    owner: owner
      ? humanizeEntityRef(parseEntityRef(owner), { defaultKind: 'group' })
      : '',
  };
  const confirm = accepts
    ? t('ownership.accept')
    : t('ownership.handOver', words);
  return (
    <>
      <Alert
        icon
        status="warning"
        title={t('ownership.conflict')}
        description={message}
        customActions={
          owns && owner ? (
            <Button
              size="small"
              variant="secondary"
              onPress={() => setAsking(true)}
            >
              {confirm}
            </Button>
          ) : undefined
        }
      />
      {asking && owner && (
        <ConfirmDialog
          title={confirm}
          text={
            accepts
              ? t('ownership.acceptText')
              : t('ownership.handOverText', words)
          }
          words={{
            confirm,
            cancel: t('promotion.cancel'),
            failed: t('ownership.failed'),
          }}
          destructive={!accepts}
          change={() =>
            api.claimModel({ params: { namespace, name }, body: { owner } })
          }
          success={{ title: t('ownership.done', { name: shownNameOf(model) }) }}
          onClose={() => setAsking(false)}
          onDone={() => {
            setAsking(false);
            onChanged();
          }}
        />
      )}
    </>
  );
}
