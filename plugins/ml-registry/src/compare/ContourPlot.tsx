import { useMemo } from 'react';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { formatNumber, Plot } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import {
  metricColumns,
  nameOf,
  numberOf,
  numericColumns,
} from './domain/columns';
import { interpolate } from './domain/contour';
import { contourOption } from './domain/contourOption';
import { useChoice } from '../shared/hooks/useChoice';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ColumnSelect } from './ColumnSelect';

/** A metric over two params, interpolated between the runs. */
export function ContourPlot(props: { runs: readonly Run[] }) {
  const { runs } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const options = useMemo(() => numericColumns(runs), [runs]);
  const varying = options.filter(
    column => new Set(runs.map(run => numberOf(run, column))).size > 1,
  );
  const [x, setX] = useChoice('x', options, varying[0]);
  const [y, setY] = useChoice('y', options, varying[1]);
  const [z, setZ] = useChoice(
    'z',
    options,
    metricColumns(runs).find(column => options.includes(column)),
  );
  const points = useMemo(
    () =>
      runs.flatMap(run => {
        const across = x && numberOf(run, x);
        const up = y && numberOf(run, y);
        const value = z && numberOf(run, z);
        return typeof across === 'number' &&
          typeof up === 'number' &&
          typeof value === 'number'
          ? [{ x: across, y: up, value, name: run.name }]
          : [];
      }),
    [runs, x, y, z],
  );
  const option = useMemo(() => {
    const surface = interpolate(points);
    return (
      surface &&
      contourOption({
        surface,
        points,
        xName: nameOf(x ?? ''),
        yName: nameOf(y ?? ''),
        format: formatNumber,
      })
    );
  }, [points, x, y]);
  return (
    <Flex direction="column" gap="4">
      <Flex gap="4" style={{ flexWrap: 'wrap' }}>
        <ColumnSelect
          label={t('compareRuns.x')}
          options={options}
          value={x}
          onChange={setX}
        />
        <ColumnSelect
          label={t('compareRuns.y')}
          options={options}
          value={y}
          onChange={setY}
        />
        <ColumnSelect
          label={t('compareRuns.z')}
          options={options}
          value={z}
          onChange={setZ}
        />
      </Flex>
      {option ? (
        <>
          <Plot
            option={option}
            height={460}
            label={t('compareRuns.contourLabel', {
              x: nameOf(x ?? ''),
              y: nameOf(y ?? ''),
              z: nameOf(z ?? ''),
              all: String(points.length),
            })}
          />
          <Text color="secondary" variant="body-small">
            {t('compareRuns.contourText')}
          </Text>
        </>
      ) : (
        <Text color="secondary">{t('compareRuns.contourNone')}</Text>
      )}
    </Flex>
  );
}
