import type { Run } from '@downstage/plugin-ml-registry-common';
import { Section, StatusBadge, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { runStatus } from '../shared/domain/runStatus';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';

const mostChildren = 50;

/** The run this one was part of, and the runs that were part of it; nothing for a run that stands alone. */
export function RunFamily(props: { run: Run }) {
  const { runId, experimentId, tags } = props.run;
  const parentId = tags['mlflow.parentRunId'];
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { value: children } = useLoad(
    signal =>
      api.searchRuns(
        {
          query: {
            experimentId,
            limit: mostChildren,
            filter: `tags.\`mlflow.parentRunId\` = '${runId}'`,
          },
        },
        { signal },
      ),
    [api, runId, experimentId],
  );
  const { value: parent } = useLoad(
    async signal =>
      parentId
        ? api.getRun({ params: { runId: parentId } }, { signal })
        : undefined,
    [api, parentId],
    { pollMs: 0 },
  );
  const count = children?.items.length ?? 0;
  if (!parentId && count === 0) return null;
  return (
    <Section title={t('runDetail.family')}>
      <Flex direction="column" gap="2">
        {parentId && (
          <Text>
            {t('runDetail.parent')}{' '}
            <Link href={paths.run(parentId)}>{parent?.name || parentId}</Link>
          </Text>
        )}
        {count > 0 && <Text>{t('runDetail.children')}</Text>}
        {children?.items.map(child => (
          <Flex key={child.runId} gap="3" align="center">
            <Link href={paths.run(child.runId)}>
              {child.name || child.runId}
            </Link>
            <StatusBadge {...runStatus(child.status)} />
          </Flex>
        ))}
        {children?.nextCursor && (
          <Text color="secondary">
            {t('runDetail.moreChildren', { shown: String(mostChildren) })}
          </Text>
        )}
      </Flex>
    </Section>
  );
}
