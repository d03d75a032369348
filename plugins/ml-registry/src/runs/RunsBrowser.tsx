import { useCallback, useMemo, useRef, useState } from 'react';
import { Frame, useLoad, Reason } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { arrangeRuns } from './domain/arrangeRuns';
import { defaultColumns, valueColumns } from './domain/columns';
import { toCsv } from './domain/toCsv';
import { readViewState, writeViewState } from './domain/viewState';
import { save } from '../shared/domain/save';
import { useRegistry } from '../shared/hooks/useRegistry';
import { useRunRows, type RunQuery } from './useRunRows';
import { useViewState } from './useViewState';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ChosenRuns } from './ChosenRuns';
import { RunsGrid } from './grid/RunsGrid';
import { RunsToolbar } from './RunsToolbar';
import { SnippetRegister } from '../shared/SnippetRegister';

const noFields = { metrics: [], params: [], tags: [] };

/**
 * Runs with filter, columns, groups, views and comparison; on the Models page all of them, on the page of a Model its
 * own. The address holds the filter and the view, so that they can be passed on.
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

  const experimentKey = state.experiments.join(',');
  const fields = useLoad(
    signal =>
      api.listRunFields(
        {
          query: {
            experimentId: state.experiments,
            // Metrics of other models are nothing to offer on the page of this one.
            ...(modelRef && { model: modelRef }),
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
        choosesExperiments={!modelRef}
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
          description={<Reason error={refused} />}
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
                      count: runs.total,
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

/** Whether the server understood the request and found fault with what was asked. */
function isRefusal(error: Error | undefined): boolean {
  return error?.cause instanceof Error && error.cause.name === 'InputError';
}

/** Views of one experiment are kept with it; those over several belong to the page. */
function scopeOf(modelRef: string | undefined, experiments: string[]): string {
  if (modelRef) return modelRef;
  return experiments.length === 1 ? `experiment:${experiments[0]}` : 'all';
}
