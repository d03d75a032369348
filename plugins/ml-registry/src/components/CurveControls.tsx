import { useState, type ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Select, Switch } from '@backstage/ui';
import type { CurveAxis } from '../domain/metricCurves';
import { mlRegistryTranslationRef } from '../translation';

const axes = ['step', 'time', 'relative'] as const;

/** How curves are drawn, as chosen by the reader. */
export type CurveView = { axis: CurveAxis; logarithmic: boolean };

/** The choice of bottom axis and scale; with what it chooses for. */
export function CurveControls(props: {
  children: (view: CurveView) => ReactNode;
}) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [view, setView] = useState<CurveView>({
    axis: 'step',
    logarithmic: false,
  });
  return (
    <Flex direction="column" gap="4">
      <Flex gap="4" align="end">
        <Select
          style={{ width: 220, flex: 'none' }}
          label={t('run.axis')}
          options={axes.map(axis => ({ value: axis, label: t(`run.${axis}`) }))}
          value={view.axis}
          onChange={key =>
            setView({
              ...view,
              axis: axes.find(axis => axis === key) ?? view.axis,
            })
          }
        />
        <Switch
          label={t('run.logarithmic')}
          isSelected={view.logarithmic}
          onChange={logarithmic => setView({ ...view, logarithmic })}
        />
      </Flex>
      {props.children(view)}
    </Flex>
  );
}
