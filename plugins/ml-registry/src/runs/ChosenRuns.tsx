import { useAction, Reason } from '@downstage/react';
import {
  toastApiRef,
  useApi,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { Alert, Button, ButtonLink, Flex, Text } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';

/** What can be done with the chosen runs: compare, delete (and take it back), restore. */
export function ChosenRuns(props: {
  chosen: ReadonlySet<string>;
  deleted: boolean;
  undo: readonly string[];
  onDeleted: (runIds: string[]) => void;
  onRestored: () => void;
  onClear: () => void;
}) {
  const { chosen, deleted, undo, onDeleted, onRestored, onClear } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const toastApi = useApi(toastApiRef);
  const runIds = [...chosen];
  const say = (title: string) =>
    toastApi.post({ title, status: 'success', timeout: 6000 });
  const restore = (ids: readonly string[]) =>
    action.run(async () => {
      await api.restoreRuns({ body: { runIds: [...ids] } });
      say(t('runTable.restoredCount', { count: ids.length }));
      onRestored();
    });
  const remove = () =>
    action.run(async () => {
      await api.deleteRuns({ body: { runIds } });
      onDeleted(runIds);
    });
  return (
    <>
      <Flex gap="3" align="center" style={{ flexWrap: 'wrap', minHeight: 40 }}>
        {runIds.length >= 2 ? (
          <ButtonLink variant="primary" href={paths.compare(runIds)}>
            {t('runs.compareCount', { runs: String(runIds.length) })}
          </ButtonLink>
        ) : (
          <Button variant="secondary" isDisabled>
            {t('runs.compare')}
          </Button>
        )}
        {runIds.length === 0 && (
          <Text color="secondary" variant="body-small">
            {t('runs.compareHint')}
          </Text>
        )}
        {runIds.length > 0 && (
          <>
            <Text>{t('runTable.chosen', { count: runIds.length })}</Text>
            <Button
              variant="secondary"
              isPending={action.pending}
              onPress={deleted ? () => restore(runIds) : remove}
            >
              {t(deleted ? 'runTable.restore' : 'runTable.delete')}
            </Button>
            <Button variant="tertiary" onPress={onClear}>
              {t('runTable.clearChoice')}
            </Button>
          </>
        )}
        {undo.length > 0 && (
          <Flex align="center" gap="2" role="status">
            <Text>{t('runTable.deletedCount', { count: undo.length })}</Text>
            <Button
              variant="secondary"
              size="small"
              isPending={action.pending}
              onPress={() => restore(undo)}
            >
              {t('runTable.undo')}
            </Button>
          </Flex>
        )}
      </Flex>
      {action.error && (
        <Alert
          status="danger"
          title={t('runTable.changeFailed')}
          description={<Reason error={action.error} />}
        />
      )}
    </>
  );
}
