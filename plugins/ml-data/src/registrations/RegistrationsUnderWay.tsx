import { useApi } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex } from '@backstage/ui';
import {
  datasetVersionCreatedTopic,
  registrationEnds,
} from '@downstage/plugin-ml-data-common';
import { Section, useAction, useLoad, Reason } from '@downstage/react';
import { mlDataApiRef } from '../shared/api';
import { useWords } from '../shared/useWords';
import { RegistrationProgress } from './RegistrationProgress';

/** Registrations of a dataset that are not at their end, and why the newest one failed; nothing where there are none. */
export function RegistrationsUnderWay(props: {
  path: { namespace: string; name: string };
  owns: boolean;
}) {
  const t = useWords();
  const { path, owns } = props;
  const api = useApi(mlDataApiRef);
  const loaded = useLoad(
    signal =>
      api.listDatasetRegistrations(
        { params: path, query: { limit: 20 } },
        { signal },
      ),
    [path.namespace, path.name],
    { channel: datasetVersionCreatedTopic, pollMs: 3_000 },
  );
  const items = loaded.value?.items ?? [];
  const running = items.filter(
    ({ state }) => !registrationEnds.includes(state),
  );
  const [newest] = items;
  const action = useAction();
  const cancel = (id: string) =>
    action
      .run(() => api.cancelDatasetRegistration({ params: { ...path, id } }))
      .then(loaded.retry);
  if (!running.length && newest?.state !== 'failed') return null;
  return (
    <Section title={t('registration.title')}>
      <Flex direction="column" gap="3">
        {newest?.state === 'failed' && (
          <Alert
            status="danger"
            title={t('versions.failed')}
            description={newest.error?.message}
          />
        )}
        {action.error && (
          <Alert
            status="danger"
            description={<Reason error={action.error} />}
          />
        )}
        {running.map(registration => (
          <Flex key={registration.id} align="center" gap="3">
            <div style={{ flex: 1 }}>
              <RegistrationProgress registration={registration} />
            </div>
            {owns && (
              <Button
                variant="secondary"
                isPending={action.pending}
                onPress={() => cancel(registration.id)}
              >
                {t('registration.cancel')}
              </Button>
            )}
          </Flex>
        ))}
      </Flex>
    </Section>
  );
}
