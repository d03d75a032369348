import type { DriftStatus } from '@downstage/plugin-ml-monitoring-common';
import { StatusBadge, type Tone } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlMonitoringTranslationRef } from '../translation';

/** How good each status is. */
export const driftTones: Record<DriftStatus, Tone> = {
  ok: 'ok',
  warning: 'warning',
  drift: 'error',
  insufficient_data: 'neutral',
  no_data: 'neutral',
};

/** A status as icon and words; the reason on hover. */
export function MonitorStatus(props: { status: DriftStatus; title?: string }) {
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  return (
    <StatusBadge
      tone={driftTones[props.status]}
      label={t(`status.${props.status}`)}
      title={props.title}
    />
  );
}
