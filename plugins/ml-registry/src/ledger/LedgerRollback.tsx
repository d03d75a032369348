import type { LedgerEntry } from '@downstage/plugin-ml-registry-common';
import { reasonOf, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert } from '@backstage/ui';
import { useRegistry } from '../../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../../translation';
import { RollbackDialog } from '../RollbackDialog';

/** The rollback that an entry of the ledger leads to, as it stands now. */
export function LedgerRollback(props: {
  entry: LedgerEntry;
  onClose: () => void;
  onDone: () => void;
}) {
  const { entry, onClose, onDone } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const params = { namespace: 'default', name: entry.name };
  const loaded = useLoad(
    async signal => {
      const [model, versions] = await Promise.all([
        api.getModel({ params }, { signal }),
        api.listModelVersions({ params, query: { limit: 200 } }, { signal }),
      ]);
      return { model, versions: versions.items };
    },
    [api, entry.id],
    { pollMs: 0 },
  );
  if (loaded.error) {
    return (
      <Alert
        status="danger"
        title={t('rollback.failed')}
        description={reasonOf(loaded.error)}
      />
    );
  }
  const { model, versions } = loaded.value ?? {};
  if (!model || !versions) return null;
  if (!model.production || model.production.version === entry.version) {
    return (
      <Alert
        status="info"
        title={t('ledger.rollbackNothing', { name: model.name })}
      />
    );
  }
  return (
    <RollbackDialog
      model={{ ...model, production: model.production }}
      versions={versions}
      toVersion={entry.version}
      onClose={onClose}
      onDone={onDone}
    />
  );
}
