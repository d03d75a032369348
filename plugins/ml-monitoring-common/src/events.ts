import { entityRefSchema } from '@downstage/common';
import { z } from 'zod';

/**
 * Something about a monitor changed: a window was closed, the status moved, a baseline was frozen.
 *
 * @remarks
 * The name is used for the event topic and for the signal channel. Both may be lost; the payload only names
 * the monitor, and receivers read it again.
 */
export const monitorChangedChannel = 'ml-monitoring.monitor-changed';
export const monitorChangedSchema = z.object({ ref: entityRefSchema });
export type MonitorChanged = z.infer<typeof monitorChangedSchema>;
