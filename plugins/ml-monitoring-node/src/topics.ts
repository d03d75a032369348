import { defineTopic } from '@downstage/node';
import {
  monitorChangedChannel,
  monitorChangedSchema,
} from '@downstage/plugin-ml-monitoring-common';

/** A window was closed, a status moved or a baseline was frozen. May be lost; carries only the monitor's ref. */
export const monitorChangedTopic = defineTopic(
  monitorChangedChannel,
  monitorChangedSchema,
);
