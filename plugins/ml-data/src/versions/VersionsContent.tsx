import { useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text } from '@backstage/ui';
import { isDatasetEntity } from '@downstage/plugin-ml-catalog-common';
import { datasetVersionCreatedTopic } from '@downstage/plugin-ml-data-common';
import { Frame, Section, useOwns, NamedText } from '@downstage/react';
import { RiAddLine } from '@remixicon/react';
import { mlDataApiRef } from '../shared/api';
import { DiffSection } from './DiffSection';
import { QualitySection } from './QualitySection';
import { RegisterDialog } from '../registrations/RegisterDialog';
import { RegistrationsUnderWay } from '../registrations/RegistrationsUnderWay';
import { VersionsTable } from './VersionsTable';
import { useDatasetPath } from '../shared/useDatasetPath';
import { usePages } from '../shared/usePages';
import { useWords } from '../shared/useWords';

/** The tab of a Dataset with its versions, registering one, and comparing two. */
export function VersionsContent() {
  const t = useWords();
  const api = useApi(mlDataApiRef);
  const { entity, path, owner } = useDatasetPath();
  const owns = useOwns(owner);
  const [registering, setRegistering] = useState(false);
  const loaded = usePages(
    (cursor, signal) =>
      api.listDatasetVersions(
        { params: path, query: { limit: 50, cursor } },
        { signal },
      ),
    [path.namespace, path.name],
    { channel: datasetVersionCreatedTopic },
  );
  const register = owns ? (
    <Button
      variant="primary"
      iconStart={<RiAddLine />}
      onPress={() => setRegistering(true)}
    >
      {t('versions.register')}
    </Button>
  ) : undefined;
  const uri = isDatasetEntity(entity) ? entity.spec.location?.uri : undefined;
  return (
    <>
      <RegistrationsUnderWay path={path} owns={owns} />
      <Frame
        value={loaded}
        isEmpty={({ items }) => items.length === 0}
        empty={{
          title: t('versions.emptyTitle'),
          description: (
            <>
              <Text as="p">{t('versions.emptyText')}</Text>
              {!owns && owner && (
                <Text as="p">
                  <NamedText
                    text={t('versions.emptyOther', { owner: owner ?? '' })}
                  />
                </Text>
              )}
            </>
          ),
          action: register,
        }}
      >
        {({ items, nextCursor }) => (
          <Flex direction="column" gap="4">
            <Section title={t('versions.title')} actions={register}>
              <VersionsTable versions={items} />
              {nextCursor && (
                <Button variant="secondary" onPress={loaded.more}>
                  {t('list.more')}
                </Button>
              )}
            </Section>
            <QualitySection path={path} versions={items} />
            {items.length > 1 && <DiffSection path={path} versions={items} />}
          </Flex>
        )}
      </Frame>
      {registering && (
        <RegisterDialog
          path={path}
          uri={uri ?? 'spec.location.uri'}
          latest={loaded.value?.items[0]?.version}
          onClose={() => setRegistering(false)}
          onDone={() => {
            setRegistering(false);
            loaded.retry();
          }}
        />
      )}
    </>
  );
}
