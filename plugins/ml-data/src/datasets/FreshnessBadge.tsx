import { formatRelative, formatTimeSpan, StatusBadge } from '@downstage/react';
import { freshnessOf } from './freshness';
import { useWords } from '../shared/useWords';

const tones = { fresh: 'ok', stale: 'warning', unknown: 'neutral' } as const;

/** Whether the latest version is as young as the entity asks for. */
export function FreshnessBadge(props: { createdAt: string; maxAge?: string }) {
  const t = useWords();
  const { createdAt, maxAge } = props;
  const freshness = freshnessOf({ createdAt, maxAge, now: new Date() });
  return (
    <StatusBadge
      tone={tones[freshness]}
      label={t(`freshness.${freshness}`)}
      title={
        maxAge &&
        t('freshness.limit', {
          when: formatRelative(createdAt),
          maxAge: formatTimeSpan(maxAge),
        })
      }
    />
  );
}
