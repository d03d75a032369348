import { StatusBadge } from '@downstage/react';
import type { Promotion, Stage } from '@downstage/plugin-ml-registry-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { promotionTone, stageTone } from './domain/stages';
import { mlRegistryTranslationRef } from './translation';

/** The stage of a version, in words and with an icon. */
export function StageBadge(props: { stage: Stage }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <StatusBadge
      tone={stageTone[props.stage]}
      label={t(`stage.${props.stage}`)}
    />
  );
}

/** How far a promotion has come. */
export function PromotionStateBadge(props: { state: Promotion['state'] }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <StatusBadge
      tone={promotionTone[props.state]}
      label={t(`state.${props.state}`)}
    />
  );
}
