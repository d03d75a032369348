import { Frame, Pager, Time, usePages } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link } from '@backstage/ui';
import { useSearchParams } from 'react-router-dom';
import { ImportForm } from './ImportForm';
import { ImportProgress } from './ImportProgress';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RegistryFrame } from '../shared/RegistryFrame';

/** Takes over what an MLflow server holds, for administrators. The link carries which import is shown. */
export function ImportPage() {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const [query, setQuery] = useSearchParams();
  const id = query.get('import') ?? undefined;
  const imports = usePages(
    (cursor, signal) =>
      api.listImports({ query: { cursor, limit: 50 } }, { signal }),
    [api],
    { pollMs: 2_000 },
  );
  return (
    <RegistryFrame
      tab="import"
      title={t('imports.title')}
      description={t('imports.description')}
    >
      {/* Who may not see imports may not start one either. */}
      {(imports.value || !imports.error) && (
        <ImportForm
          onStarted={started => {
            setQuery({ import: started });
            imports.retry();
          }}
        />
      )}
      <Frame
        value={imports}
        isEmpty={({ items }) => items.length === 0}
        empty={{
          title: t('imports.emptyTitle'),
          description: t('imports.emptyText'),
        }}
      >
        {({ items }) => {
          const shown = items.find(item => item.id === id) ?? items[0];
          return (
            <Flex direction="column" gap="4">
              {shown && (
                <ImportProgress
                  key={shown.id}
                  found={shown}
                  onChanged={imports.retry}
                />
              )}
              {items
                .filter(item => item !== shown)
                .map(item => (
                  <Link key={item.id} href={paths.import(item.id)}>
                    {item.uri}: {t(`imports.states.${item.state}`)},{' '}
                    <Time at={item.createdAt} />
                  </Link>
                ))}
              <Pager pages={imports} />
            </Flex>
          );
        }}
      </Frame>
    </RegistryFrame>
  );
}
