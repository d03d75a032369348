import type { Plot } from '@downstage/react';
import type { ComponentProps } from 'react';

/** What the plot of `@downstage/react` takes; no package of ours but that one knows ECharts. */
export type EChartsOption = ComponentProps<typeof Plot>['option'];
