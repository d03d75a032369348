import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Select, Slider, Switch, Text } from '@backstage/ui';
import type { SeriesView } from './seriesView';
import { mlRegistryTranslationRef } from '../shared/translation';
import styles from './SeriesControls.module.css';

const axes = ['step', 'time', 'relative'] as const;

/** The choice of bottom axis, scale, smoothing and window, for all charts of a page. */
export function SeriesControls(props: {
  view: SeriesView;
  onChange: (change: Partial<SeriesView>) => void;
}) {
  const { view, onChange } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <Flex direction="column" gap="3">
      <Flex gap="4" align="end" style={{ flexWrap: 'wrap' }}>
        <Select
          style={{ width: 200, flex: 'none' }}
          label={t('run.axis')}
          options={axes.map(axis => ({
            value: axis,
            label:
              axis === 'relative' ? t('series.relative') : t(`run.${axis}`),
          }))}
          value={view.axis}
          onChange={key => {
            const axis = axes.find(each => each === key) ?? view.axis;
            // A window of steps says nothing about seconds.
            if (axis !== view.axis) onChange({ axis, zoom: undefined });
          }}
        />
        <div className={styles.smoothing}>
          <Slider
            label={t('series.smoothing')}
            minValue={0}
            maxValue={0.99}
            step={0.01}
            value={[view.smoothing]}
            onChange={value => {
              const [smoothing] = [value].flat();
              onChange({ smoothing });
            }}
          />
        </div>
        <Switch
          label={t('run.logarithmic')}
          isSelected={view.logarithmic}
          onChange={logarithmic => onChange({ logarithmic })}
        />
        {view.zoom && (
          <Button
            variant="secondary"
            onPress={() => onChange({ zoom: undefined })}
          >
            {t('series.resetZoom')}
          </Button>
        )}
      </Flex>
      <Flex gap="3" align="center">
        <ZoomField view={view} onChange={onChange} />
        <Text color="secondary" variant="body-small">
          {t('series.zoomHint')}
        </Text>
      </Flex>
    </Flex>
  );
}

/** The window in figures, for those who do not drag. */
function ZoomField(props: {
  view: SeriesView;
  onChange: (change: Partial<SeriesView>) => void;
}) {
  const { view, onChange } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  if (view.axis === 'time') return null;
  const unit = view.axis === 'relative' ? 1000 : 1;
  const shown = (value: number | undefined) =>
    value === undefined ? '' : String(+(value / unit).toPrecision(8));
  const field = (name: 'from' | 'to') => (
    <label style={{ fontSize: 12 }}>
      {t(`series.${name}`)}{' '}
      <input
        name={name}
        type="number"
        step="any"
        defaultValue={shown(view.zoom?.[name])}
        style={{
          width: 90,
          padding: '2px 6px',
          color: 'inherit',
          background: 'var(--bui-bg-neutral-1)',
          border: '1px solid var(--bui-border-2)',
          borderRadius: 4,
        }}
      />
    </label>
  );
  return (
    <form
      key={JSON.stringify(view.zoom)}
      onSubmit={event => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const from = Number(data.get('from')) * unit;
        const to = Number(data.get('to')) * unit;
        if (from < to) onChange({ zoom: { from, to } });
      }}
    >
      <Flex gap="2" align="center">
        {field('from')}
        {field('to')}
        <Button type="submit" size="small" variant="secondary">
          {t('series.apply')}
        </Button>
      </Flex>
    </form>
  );
}
