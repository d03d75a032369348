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
  unknown: 'warning',
};

/** The words of a status: those of drift are its own. */
export function statusWords(monitor: { kind: string; status: DriftStatus }) {
  const words = monitor.kind === 'drift' ? 'status' : 'statusOfKind';
  return `${words}.${monitor.status}` as const;
}

/** A status as icon and words; the reason on hover. */
export function MonitorStatus(props: {
  status: DriftStatus;
  /** Of the monitor; drift unless given. */
  kind?: string;
  title?: string;
}) {
  const { kind = 'drift', status, title } = props;
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  return (
    <StatusBadge
      tone={driftTones[status]}
      label={t(statusWords({ kind, status }))}
      title={title}
    />
  );
}
