import {
  monitorChangedChannel,
  type Monitor,
} from '@downstage/plugin-ml-monitoring-common';
import { Frame, Section, useLoad, useModelEntity } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Flex, Select } from '@backstage/ui';
import { mlMonitoringApiRef } from '../api';
import { MonitorHeader } from '../components/MonitorHeader';
import { statusWords } from '../components/MonitorStatus';
import { WindowDetails } from '../components/WindowDetails';
import { WindowsPlot } from '../components/WindowsPlot';
import { useChosen } from '../hooks/useChosen';
import { useMonitor } from '../hooks/useMonitor';
import { isFirst, readWhich, type Which } from '../hooks/whichMonitor';
import { mlMonitoringTranslationRef } from '../translation';

/** The Monitoring tab of a Model. `?monitor=`, `?window=` and `?column=` say what is looked at. */
export function MonitoringContent() {
  const model = useModelEntity();
  const { namespace, name } = model;
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const { choose, which } = useChosen();
  const monitor = useMonitor({ namespace, name }, which);
  const page = `/catalog/${namespace}/model/${name}`;
  return (
    <Frame
      value={monitor}
      isEmpty={value => value === null}
      empty={
        isFirst(which)
          ? {
              title: t('monitor.notWatchedTitle'),
              description: t('monitor.notWatchedText'),
              action: (
                <ButtonLink variant="primary" href={`${page}/serving`}>
                  {t('monitor.serving')}
                </ButtonLink>
              ),
            }
          : {
              title: t('monitor.removedTitle', which),
              description: t('monitor.removedText'),
              action: (
                <ButtonLink variant="primary" href={`${page}/monitoring`}>
                  {t('monitor.showFirst')}
                </ButtonLink>
              ),
            }
      }
    >
      {value =>
        value && (
          <Flex direction="column" gap="4">
            <ChooseMonitor modelRef={value.modelRef} chosen={value} />
            <MonitorHeader
              monitor={value}
              model={model}
              onEvaluated={window => {
                choose({ window, column: undefined });
                monitor.retry();
              }}
            />
            <Windows
              namespace={namespace}
              name={name}
              which={value}
              limits={value.thresholds}
              latest={value.latestWindow?.id}
            />
          </Flex>
        )
      }
    </Frame>
  );
}

/** Where a model has several monitors, which one is looked at. */
function ChooseMonitor(props: { modelRef: string; chosen: Monitor }) {
  const { modelRef, chosen } = props;
  const api = useApi(mlMonitoringApiRef);
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const { choose } = useChosen();
  const { value } = useLoad(
    signal =>
      api.listMonitors(
        { query: { models: modelRef, kind: 'all', limit: 100 } },
        { signal },
      ),
    [modelRef],
    { channel: monitorChangedChannel },
  );
  const items = value?.items ?? [];
  if (items.length < 2) return null;
  const keyOf = ({ kind, name }: Which) => `${kind}/${name}`;
  return (
    <Select
      label={t('monitor.choose')}
      value={keyOf(chosen)}
      options={items.map(item => ({
        value: keyOf(item),
        label: `${keyOf(item)} · ${t(statusWords(item))}`,
      }))}
      onChange={key =>
        key &&
        choose({
          monitor: isFirst(readWhich(String(key))) ? undefined : String(key),
          window: undefined,
          column: undefined,
        })
      }
    />
  );
}

function Windows(props: {
  namespace: string;
  name: string;
  which: Which;
  limits: Monitor['thresholds'];
  latest?: string;
}) {
  const { namespace, name, which, limits, latest } = props;
  const { kind, name: monitor } = which;
  const api = useApi(mlMonitoringApiRef);
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const { window, choose } = useChosen();
  const windows = useLoad(
    signal =>
      isFirst(which)
        ? api.listWindows(
            { params: { namespace, name }, query: { limit: 100 } },
            { signal },
          )
        : api.listNamedWindows(
            {
              params: { namespace, name, kind, monitor },
              query: { limit: 100 },
            },
            { signal },
          ),
    [namespace, name, kind, monitor, latest],
    { channel: monitorChangedChannel },
  );
  return (
    <Frame
      value={windows}
      isEmpty={({ items }) => items.length === 0}
      empty={{
        title: t('windows.emptyTitle'),
        description: t('windows.emptyText'),
      }}
    >
      {({ items }) => {
        const chosen = window ?? items[0].id;
        return (
          <>
            <Section title={t('windows.title')}>
              <Flex direction="column" gap="3">
                {kind === 'drift' && (
                  <WindowsPlot
                    windows={items}
                    limits={limits}
                    chosen={chosen}
                    onChoose={id => choose({ window: id })}
                  />
                )}
                <Select
                  label={t('windows.choose')}
                  value={chosen}
                  options={items.map(item => ({
                    value: item.id,
                    label: `${new Date(item.createdAt).toLocaleString()} · ${t(
                      statusWords({ kind, status: item.status }),
                    )}`,
                  }))}
                  onChange={key => key && choose({ window: String(key) })}
                />
              </Flex>
            </Section>
            <WindowDetails id={chosen} />
          </>
        );
      }}
    </Frame>
  );
}
