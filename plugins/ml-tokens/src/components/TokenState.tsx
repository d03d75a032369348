import type { AccessToken } from '@downstage/plugin-ml-tokens-common';
import { StatusBadge, type Tone } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlTokensTranslationRef } from '../translation';

const soonMs = 7 * 86_400_000;

/** Whether a token still works; within a week of its end, that it soon will not. */
export function TokenState(props: { token: AccessToken }) {
  const { state, expiresAt, revokedBy } = props.token;
  const { t } = useTranslationRef(mlTokensTranslationRef);
  const soon =
    state === 'active' && Date.parse(expiresAt) - Date.now() < soonMs;
  const tones: Record<typeof state, Tone> = {
    active: soon ? 'warning' : 'ok',
    expired: 'neutral',
    revoked: 'neutral',
  };
  return (
    <StatusBadge
      tone={tones[state]}
      label={soon ? t('state.soon') : t(`state.${state}`)}
      title={revokedBy && t('list.by', { person: revokedBy })}
    />
  );
}
