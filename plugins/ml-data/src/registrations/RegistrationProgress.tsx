import { Text } from '@backstage/ui';
import { LinearProgress } from '@material-ui/core';
import type { DatasetRegistration } from '@downstage/plugin-ml-data-common';
import { formatNumber } from '@downstage/react';
import { useWords } from '../shared/useWords';

/** How far a registration is: a sentence and a bar. */
export function RegistrationProgress(props: {
  registration?: DatasetRegistration;
}) {
  const t = useWords();
  const { state = 'queued', progress } = props.registration ?? {};
  const words = {
    queued: t('registration.queued'),
    copying: t('registration.copying'),
    reading: t('registration.reading'),
    profiling: t('registration.profiling'),
    ready: t('registration.ready'),
    failed: t('registration.failed'),
    cancelled: t('registration.cancelled'),
  };
  const known = progress !== undefined && progress.of > 0;
  return (
    <div role="status">
      <Text color="secondary">
        {words[state]}
        {known &&
          state === 'profiling' &&
          ` (${formatNumber(progress.done)} / ${formatNumber(progress.of)})`}
      </Text>
      <LinearProgress
        aria-label={words[state]}
        {...(known && {
          variant: 'determinate' as const,
          value: Math.min(100, (100 * progress.done) / progress.of),
        })}
      />
    </div>
  );
}
