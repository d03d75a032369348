import {
  monitorChangedChannel,
  type Monitor,
} from '@downstage/plugin-ml-monitoring-common';
import { Frame, Section, useLoad, useModelEntity } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Flex, Select } from '@backstage/ui';
import { mlMonitoringApiRef } from '../api';
import { MonitorHeader } from '../components/MonitorHeader';
import { WindowDetails } from '../components/WindowDetails';
import { WindowsPlot } from '../components/WindowsPlot';
import { useChosen } from '../hooks/useChosen';
import { useMonitor } from '../hooks/useMonitor';
import { mlMonitoringTranslationRef } from '../translation';

/** The Monitoring tab of a Model. `?window=` and `?column=` say what is looked at. */
export function MonitoringContent() {
  const model = useModelEntity();
  const { namespace, name } = model;
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const { choose } = useChosen();
  const monitor = useMonitor({ namespace, name });
  return (
    <Frame
      value={monitor}
      isEmpty={value => value === null}
      empty={{
        title: t('monitor.notWatchedTitle'),
        description: t('monitor.notWatchedText'),
        action: (
          <ButtonLink
            variant="primary"
            href={`/catalog/${namespace}/model/${name}/serving`}
          >
            {t('monitor.serving')}
          </ButtonLink>
        ),
      }}
    >
      {value =>
        value && (
          <Flex direction="column" gap="4">
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
              limits={value.thresholds}
              latest={value.latestWindow?.id}
            />
          </Flex>
        )
      }
    </Frame>
  );
}

function Windows(props: {
  namespace: string;
  name: string;
  limits: Monitor['thresholds'];
  latest?: string;
}) {
  const { namespace, name, limits, latest } = props;
  const api = useApi(mlMonitoringApiRef);
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const { window, choose } = useChosen();
  const windows = useLoad(
    signal =>
      api.listWindows(
        { params: { namespace, name }, query: { limit: 100 } },
        { signal },
      ),
    [namespace, name, latest],
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
                <WindowsPlot
                  windows={items}
                  limits={limits}
                  chosen={chosen}
                  onChoose={id => choose({ window: id })}
                />
                <Select
                  label={t('windows.choose')}
                  value={chosen}
                  options={items.map(item => ({
                    value: item.id,
                    label: `${new Date(item.createdAt).toLocaleString()} · ${t(
                      `status.${item.status}`,
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
