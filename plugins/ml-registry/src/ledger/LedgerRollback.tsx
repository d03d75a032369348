import type { LedgerEntry } from '@downstage/plugin-ml-registry-common';
import { useLoad, Reason } from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RollbackDialog } from '../promotions/RollbackDialog';

/** The rollback that an entry of the ledger leads to, as it stands now. */
export function LedgerRollback(props: {
  entry: LedgerEntry;
  onClose: () => void;
  onDone: () => void;
}) {
  const { entry, onClose, onDone } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { namespace, name } = parseEntityRef(entry.modelRef);
  const params = { namespace, name };
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
        description={<Reason error={loaded.error} />}
      />
    );
  }
  const { model, versions } = loaded.value ?? {};
  if (!model || !versions) return null;
  if (!model.production || model.production.version === entry.version) {
    return (
      <Alert
        status="info"
        title={t('ledger.rollbackNothing', { name: entry.name })}
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
