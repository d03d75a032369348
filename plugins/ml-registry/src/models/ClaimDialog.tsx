import { shownNameOf } from '@downstage/common';
import { useState } from 'react';
import type { Model } from '@downstage/plugin-ml-registry-common';
import { ConfirmDialog, useMe } from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { humanizeEntityRef } from '@backstage/plugin-catalog-react';
import { Alert, Select } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Takes a model that nobody owns for one of the reader's groups. */
export function ClaimDialog(props: {
  model: Model;
  onClose: () => void;
  onDone: () => void;
}) {
  const { namespace, name } = props.model;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const groups = (useMe()?.ownershipEntityRefs ?? []).filter(ref =>
    ref.startsWith('group:'),
  );
  const [chosen, setChosen] = useState<string>();
  const owner = chosen ?? groups.at(0) ?? '';
  return (
    <ConfirmDialog
      title={t('claim.title', { name: shownNameOf(props.model) })}
      text={t('claim.text')}
      words={{
        confirm: t('claim.confirm'),
        cancel: t('promotion.cancel'),
        failed: t('claim.failed'),
      }}
      isDisabled={!owner}
      change={() =>
        api.claimModel({ params: { namespace, name }, body: { owner } })
      }
      success={{
        title: t('claim.done', {
          name: shownNameOf(props.model),
          owner: owner && nameOf(owner),
        }),
      }}
      onClose={props.onClose}
      onDone={props.onDone}
    >
      {groups.length > 0 ? (
        <Select
          label={t('claim.owner')}
          options={groups.map(ref => ({
            value: ref,
            label: nameOf(ref),
          }))}
          value={owner}
          onChange={key => setChosen(String(key ?? owner))}
        />
      ) : (
        <Alert status="warning" title={t('claim.noGroups')} />
      )}
    </ConfirmDialog>
  );
}

function nameOf(group: string): string {
  return humanizeEntityRef(parseEntityRef(group), { defaultKind: 'group' });
}
