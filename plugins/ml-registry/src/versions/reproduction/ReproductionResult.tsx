import { parseVersionRef } from '@downstage/common';
import { Section, StatusBadge, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link } from '@backstage/ui';
import { outcomeTones } from './outcomeTones';
import { useRegistry } from '../../shared/hooks/useRegistry';
import { paths } from '../../shared/paths';
import { mlRegistryTranslationRef } from '../../shared/translation';

/** Of a job that trained a version again: whether the metrics came out equal. Of any other job, nothing. */
export function ReproductionResult({ jobId }: { jobId: string }) {
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { value } = useLoad(
    async signal => {
      const { items } = await api.searchRuns(
        { query: { job: jobId, limit: 5 } },
        { signal },
      );
      const ref = items
        .map(({ tags }) => tags['downstage.reproduces'])
        .find(tag => tag !== undefined);
      if (!ref) return undefined;
      const { namespace, name, version } = parseVersionRef(ref);
      const { attempts } = await api.getReproduction(
        { params: { namespace, name, version } },
        { signal },
      );
      const attempt = attempts.find(each => each.jobId === jobId);
      return attempt && { ref, namespace, name, version, attempt };
    },
    [api, jobId],
  );
  if (!value) return null;
  const { ref, namespace, name, version, attempt } = value;
  const equal = attempt.metrics.filter(metric => metric.equal).length;
  return (
    <Section title={t('reproduction.result')}>
      <Flex gap="3" align="center" style={{ flexWrap: 'wrap' }}>
        <StatusBadge
          tone={outcomeTones[attempt.outcome]}
          label={t(`reproduction.outcomes.${attempt.outcome}`)}
        />
        {attempt.metrics.length > 0 && (
          <span>
            {t('reproduction.counted', {
              equal: String(equal),
              all: String(attempt.metrics.length),
            })}
          </span>
        )}
        <Link
          href={`${paths.version(
            `model:${namespace}/${name}`,
            version,
          )}&tab=reproduce`}
        >
          {ref}
        </Link>
      </Flex>
    </Section>
  );
}
