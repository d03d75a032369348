import { useState } from 'react';
import { Frame, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Button,
  ButtonLink,
  Flex,
  Select,
  Text,
  TextField,
} from '@backstage/ui';
import { useSearchParams } from 'react-router-dom';
import { useRegistry } from '../hooks/useRegistry';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';
import { RunsTable } from './RunsTable';
import { SnippetRegister } from './SnippetRegister';

const page = 50;
const most = 500;

/**
 * Runs with filter and comparison; on the Models page all of them, on the page of a Model its own. What is looked
 * for stands in the address (`experiment`, `filter`, `job`), so that a search can be passed on.
 */
export function RunsBrowser(props: { modelRef?: string; modelName?: string }) {
  const { modelRef, modelName } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [search, setSearch] = useSearchParams();
  const experiment = search.get('experiment') ?? '';
  const filter = search.get('filter') ?? '';
  const job = search.get('job') ?? '';
  const [typed, setTyped] = useState(filter);
  const [limit, setLimit] = useState(page);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());

  const runs = useLoad(
    signal =>
      api.searchRuns(
        {
          query: {
            limit,
            ...(experiment && { experimentId: experiment }),
            ...(filter && { filter }),
            ...(job && { job }),
            ...(modelRef && { model: modelRef }),
          },
        },
        { signal },
      ),
    [api, experiment, filter, job, modelRef, limit],
  );
  const experiments = useLoad(
    async signal => (await api.listExperiments({}, { signal })).items,
    [api],
    { pollMs: 0 },
  );
  const change = (key: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value) next.set(key, value);
    else next.delete(key);
    setLimit(page);
    setSearch(next);
  };
  const isFiltered = Boolean(experiment || filter || job);

  return (
    <Flex direction="column" gap="4">
      <form
        onSubmit={event => {
          event.preventDefault();
          change('filter', typed.trim());
        }}
      >
        <Flex gap="3" align="end" style={{ flexWrap: 'wrap' }}>
          {!modelRef && (
            <Select
              label={t('runs.experiment')}
              options={[
                { value: 'all', label: t('runs.allExperiments') },
                ...(experiments.value ?? []).map(({ experimentId, name }) => ({
                  value: experimentId,
                  label: name,
                })),
              ]}
              value={experiment || 'all'}
              onChange={key =>
                change('experiment', key === 'all' ? '' : String(key ?? ''))
              }
            />
          )}
          <div style={{ flex: '1 1 320px' }}>
            <TextField
              label={t('runs.filter')}
              description={t('runs.filterHint')}
              value={typed}
              onChange={setTyped}
            />
          </div>
          <Button type="submit" variant="secondary">
            {t('runs.apply')}
          </Button>
          {chosen.size >= 2 ? (
            <ButtonLink variant="primary" href={paths.compare([...chosen])}>
              {t('runs.compareCount', { runs: String(chosen.size) })}
            </ButtonLink>
          ) : (
            <Button variant="secondary" isDisabled>
              {t('runs.compare')}
            </Button>
          )}
        </Flex>
      </form>
      {job && (
        <Flex align="center" gap="3">
          <Text>{t('runs.ofJob', { job })}</Text>
          <Button
            variant="tertiary"
            size="small"
            onPress={() => change('job', '')}
          >
            {t('runs.allJobs')}
          </Button>
        </Flex>
      )}
      <Frame
        value={runs}
        isEmpty={({ items }) => items.length === 0}
        empty={
          isFiltered
            ? {
                title: t('runs.emptyFiltered'),
                description: t('runs.emptyFilteredText'),
                action: (
                  <Button
                    variant="secondary"
                    onPress={() => {
                      setTyped('');
                      setSearch({});
                    }}
                  >
                    {t('runs.clear')}
                  </Button>
                ),
              }
            : {
                title: t('runs.emptyTitle'),
                description: t('runs.emptyText'),
                action: <SnippetRegister modelName={modelName} />,
              }
        }
      >
        {({ items, nextCursor }) => (
          <Flex direction="column" gap="3">
            <Text color="secondary" variant="body-small">
              {t('runs.compareHint')}
            </Text>
            <RunsTable runs={items} chosen={chosen} onChoose={setChosen} />
            {nextCursor && limit < most && (
              <Flex>
                <Button
                  variant="secondary"
                  onPress={() => setLimit(Math.min(limit + page, most))}
                >
                  {t('runs.more')}
                </Button>
              </Flex>
            )}
          </Flex>
        )}
      </Frame>
    </Flex>
  );
}
