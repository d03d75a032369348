import {
  CodeBlock,
  Frame,
  Pager,
  PlainTable,
  Time,
  usePages,
} from '@downstage/react';
import { parseVersionRef } from '@downstage/common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { useTrackingUri } from '../shared/hooks/useTrackingUri';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';

/** The models a run logged or read, the versions made of them, and the code that loads one. */
export function RunModels(props: { runId: string }) {
  const { runId } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const trackingUri = useTrackingUri();
  const models = usePages(
    (cursor, signal) =>
      api.listRunModels(
        { params: { runId }, query: { cursor, limit: 100 } },
        { signal },
      ),
    [api, runId],
    { pollMs: 0 },
  );
  return (
    <Frame value={models}>
      {({ items }) => {
        const logged = items.find(({ direction }) => direction === 'output');
        return (
          <Flex direction="column" gap="4">
            <PlainTable
              caption={t('runDetail.models')}
              empty={t('runDetail.noModels')}
              columns={[
                t('runDetail.model'),
                t('runDetail.direction'),
                t('runDetail.state'),
                t('runDetail.step'),
                t('versions.created'),
                t('runDetail.versions'),
              ]}
              rows={items.map(model => ({
                key: `${model.modelId} ${model.direction}`,
                cells: [
                  model.name,
                  t(`runDetail.${model.direction}`),
                  model.status.replace('LOGGED_MODEL_', '').toLowerCase(),
                  model.step,
                  <Time key="at" at={model.createdAt} />,
                  model.versions.length === 0 ? (
                    '–'
                  ) : (
                    <Flex key="versions" gap="2">
                      {model.versions.map(ref => (
                        <VersionLink key={ref} versionRef={ref} />
                      ))}
                    </Flex>
                  ),
                ],
              }))}
            />
            <Pager pages={models} />
            {logged && (
              <CodeBlock
                label={t('runDetail.loadModel')}
                code={`import mlflow\n\nmlflow.set_tracking_uri("${trackingUri}")\nmodel = mlflow.pyfunc.load_model("models:/${logged.modelId}")`}
              />
            )}
          </Flex>
        );
      }}
    </Frame>
  );
}

function VersionLink(props: { versionRef: string }) {
  const { namespace, name, version } = parseVersionRef(props.versionRef);
  return (
    <Link href={paths.version(`model:${namespace}/${name}`, version)}>
      {props.versionRef}
    </Link>
  );
}
