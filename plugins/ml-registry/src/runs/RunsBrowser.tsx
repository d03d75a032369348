import { useCallback, useMemo, useRef, useState } from 'react';
import { Frame, reasonOf, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { arrangeRuns } from '../domain/runTable/arrangeRuns';
import { defaultColumns, valueColumns } from '../domain/runTable/columns';
import { toCsv } from '../domain/runTable/toCsv';
import { readViewState, writeViewState } from '../domain/runTable/viewState';
import { save } from '../domain/save';
import type { MlRegistryApi } from '../api';
import { useRegistry } from '../hooks/useRegistry';
import { useRunRows, type RunQuery } from '../hooks/useRunRows';
import { useViewState } from '../hooks/useViewState';
import { mlRegistryTranslationRef } from '../translation';
import { ChosenRuns } from './runs/ChosenRuns';
import { RunsGrid } from './runs/RunsGrid';
import { RunsToolbar } from './runs/RunsToolbar';
import { SnippetRegister } from './SnippetRegister';

const noFields = { metrics: [], params: [], tags: [] };

/**
 * Runs with filter, columns, groups, views and comparison; on the Models page all of them, on the page of a Model its
 * own. What is looked for and how it is shown stands in the address, so that it can be passed on.
 */
export function RunsBrowser(props: { modelRef?: string; modelName?: string }) {
  const { modelRef, modelName } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [state, change] = useViewState();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [showHidden, setShowHidden] = useState(false);
  const [undo, setUndo] = useState<string[]>([]);

  const experiments = useLoad(
    async signal => (await api.listExperiments({}, { signal })).items,
    [api],
    { pollMs: 60_000 },
  );
  const experimentKey = state.experiments.join(',');
  const fields = useLoad(
    async signal =>
      api.listRunFields(
        {
          query: {
            experimentId:
              modelRef && !experimentKey
                ? await experimentsOf(api, modelRef, signal)
                : state.experiments,
          },
        },
        { signal },
      ),
    [api, experimentKey, modelRef],
    { pollMs: 60_000 },
  );
  const known = fields.value ?? noFields;
  const columns = useMemo(
    () => state.columns ?? defaultColumns(known),
    [state.columns, known],
  );
  const query: RunQuery = {
    experimentId: state.experiments,
    sort: state.sort,
    direction: state.direction,
    deleted: state.deleted ? 'true' : 'false',
    column: [
      ...new Set(
        valueColumns([...columns, ...(state.groupBy ? [state.groupBy] : [])]),
      ),
    ],
    ...(state.filter && { filter: state.filter }),
    ...(state.job && { job: state.job }),
    ...(modelRef && { model: modelRef }),
  };
  const isReady = fields.value !== undefined || fields.error !== undefined;
  const runs = useRunRows(query, isReady);
  const { rows } = runs;

  const pinned = useMemo(() => new Set(state.pinned), [state.pinned]);
  const hidden = useMemo(() => new Set(state.hidden), [state.hidden]);
  const { nested, groupBy } = state;
  const lines = useMemo(
    () =>
      arrangeRuns(
        rows ?? [],
        { nested, groupBy, pinned, hidden, showHidden, toggled },
        columns,
      ),
    [rows, nested, groupBy, pinned, hidden, showHidden, toggled, columns],
  );
  const experimentNames = useMemo(
    () =>
      new Map(
        (experiments.value ?? []).map(({ experimentId, name }) => [
          experimentId,
          name,
        ]),
      ),
    [experiments.value],
  );

  // Rows compare these to know whether they have to be drawn again, so they stay the same functions.
  const latest = useRef(state);
  latest.current = state;
  const flip = useCallback(
    (key: 'pinned' | 'hidden', runId: string) => {
      const before = latest.current[key];
      change({
        [key]: before.includes(runId)
          ? before.filter(id => id !== runId)
          : [...before, runId],
      });
    },
    [change],
  );
  const calls = useMemo(
    () => ({
      choose: (runIds: readonly string[], isChosen: boolean) =>
        setChosen(before => {
          const next = new Set(before);
          for (const id of runIds) {
            if (isChosen) next.add(id);
            else next.delete(id);
          }
          return next;
        }),
      pin: (runId: string) => flip('pinned', runId),
      hide: (runId: string) => flip('hidden', runId),
      toggle: (id: string) =>
        setToggled(before => {
          const next = new Set(before);
          if (!next.delete(id)) next.add(id);
          return next;
        }),
    }),
    [flip],
  );

  const isFiltered = Boolean(experimentKey || state.filter || state.job);
  const exportCsv = () =>
    save(
      new Blob(
        [
          toCsv(
            (rows ?? []).filter(row => showHidden || !hidden.has(row.runId)),
            columns,
            id => experimentNames.get(id) ?? id,
          ),
        ],
        { type: 'text/csv' },
      ),
      'runs.csv',
    );

  const refused =
    state.filter && !rows && isRefusal(runs.error) ? runs.error : undefined;

  return (
    <Flex direction="column" gap="3">
      <RunsToolbar
        state={state}
        onChange={change}
        fields={known}
        columns={columns}
        experiments={modelRef ? undefined : experiments.value ?? []}
        scope={scopeOf(modelRef, state.experiments)}
        viewQuery={String(writeViewState({ ...state, columns: [...columns] }))}
        showHidden={showHidden}
        onShowHidden={setShowHidden}
        onExport={exportCsv}
      />
      {state.job && (
        <Flex align="center" gap="3">
          <Text>{t('runs.ofJob', { job: state.job })}</Text>
          <Button
            variant="tertiary"
            size="small"
            onPress={() => change({ job: '' })}
          >
            {t('runs.allJobs')}
          </Button>
        </Flex>
      )}
      <ChosenRuns
        chosen={chosen}
        deleted={state.deleted}
        undo={undo}
        onDeleted={runIds => {
          setUndo(runIds);
          setChosen(new Set());
          runs.retry();
        }}
        onRestored={() => {
          setUndo([]);
          setChosen(new Set());
          runs.retry();
        }}
        onClear={() => setChosen(new Set())}
      />
      {refused ? (
        <Alert
          status="danger"
          title={t('runTable.filterRefused')}
          description={reasonOf(refused)}
        />
      ) : (
        <Frame
          value={{
            value: rows,
            error: runs.error,
            loading: runs.loading,
            retry: runs.retry,
          }}
          isEmpty={found => found.length === 0 && !runs.loading}
          empty={emptyFace()}
        >
          {found => (
            <Flex direction="column" gap="2">
              <Text color="secondary" variant="body-small" role="status">
                {runs.loading
                  ? `${t('runTable.loaded', {
                      loaded: found.length.toLocaleString('en'),
                      total: runs.total.toLocaleString('en'),
                    })}, ${t('runTable.loading')}`
                  : t('runTable.count', {
                      total: runs.total.toLocaleString('en'),
                    })}
                {runs.cut &&
                  ` ${t('runTable.cut', {
                    shown: found.length.toLocaleString('en'),
                  })}`}
              </Text>
              <RunsGrid
                lines={lines}
                total={nested || groupBy ? lines.length : runs.total}
                columns={columns}
                sort={state.sort}
                direction={state.direction}
                onSort={(sort, direction) => change({ sort, direction })}
                chosen={chosen}
                hidden={hidden}
                experimentNames={experimentNames}
                calls={calls}
              />
            </Flex>
          )}
        </Frame>
      )}
    </Flex>
  );

  function emptyFace() {
    if (state.deleted) {
      return {
        title: t('runTable.noneDeleted'),
        description: t('runTable.noneDeletedText'),
      };
    }
    if (!isFiltered) {
      return {
        title: t('runs.emptyTitle'),
        description: t('runs.emptyText'),
        action: <SnippetRegister modelName={modelName} />,
      };
    }
    return {
      title: t('runs.emptyFiltered'),
      description: t('runs.emptyFilteredText'),
      action: (
        <Button
          variant="secondary"
          onPress={() => change(readViewState(new URLSearchParams()))}
        >
          {t('runs.clear')}
        </Button>
      ),
    };
  }
}

/** The experiments of a model's newest runs: what other models measure is nothing to offer on its page. */
async function experimentsOf(
  api: MlRegistryApi,
  model: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { experimentIds } = await api.getRunTable(
    { query: { model, limit: 100 } },
    { signal },
  );
  return [...new Set(experimentIds)].slice(0, 100);
}

/** Whether the server understood the request and found fault with what was asked. */
function isRefusal(error: Error | undefined): boolean {
  return error?.cause instanceof Error && error.cause.name === 'InputError';
}

/** Views of one experiment are kept with it; those over several belong to the page. */
function scopeOf(modelRef: string | undefined, experiments: string[]): string {
  if (modelRef) return modelRef;
  return experiments.length === 1 ? `experiment:${experiments[0]}` : 'all';
}
