import type { QualityState } from '@downstage/plugin-ml-data-common';
import { StatusBadge } from '@downstage/react';
import { useWords } from '../shared/useWords';

const tones = { passed: 'ok', failed: 'error', unknown: 'neutral' } as const;

/** What the checks of the entity say, of a version or one by one. */
export function QualityBadge(props: { state: QualityState }) {
  const t = useWords();
  return (
    <StatusBadge
      tone={tones[props.state]}
      label={t(`quality.${props.state}`)}
    />
  );
}
