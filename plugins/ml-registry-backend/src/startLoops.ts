import type {
  LifecycleService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import type { Knex } from 'knex';
import type { RegistryServices } from './createServices';
import { startEntityReconciler } from './owners/entityReconciler';
import { startFileReconciler } from './integrity/fileReconciler';
import { startGarbageReconciler } from './garbage/garbageReconciler';
import { startImportReconciler } from './imports/importReconciler';
import { startPromotionReconciler } from './governance/promotionReconciler';
import { startUploadReconciler } from './artifacts/uploadReconciler';
import { startVersionReconciler } from './governance/versionReconciler';
import { startWebhookReconciler } from './webhooks/webhookReconciler';

export type Loops = ReturnType<typeof startLoops>;

/** Everything of the registry that goes on by itself; it stops with the plugin. */
export function startLoops(
  services: RegistryServices,
  options: {
    knex: Knex;
    logger: LoggerService;
    clock: Clock;
    lifecycle: LifecycleService;
  },
) {
  const { lifecycle, ...shared } = options;
  const loops = {
    entities: startEntityReconciler({
      ...shared,
      entities: services.entities,
    }),
    versions: startVersionReconciler({ ...shared, checks: services.checks }),
    files: startFileReconciler({ ...shared, reader: services.fileReader }),
    promotions: startPromotionReconciler({ ...shared, steps: services.steps }),
    uploads: startUploadReconciler({
      ...shared,
      uploads: services.tracking.uploads,
    }),
    garbage: startGarbageReconciler({
      ...shared,
      steps: services.garbageDeletion,
    }),
    webhooks: startWebhookReconciler({
      ...shared,
      deliveries: services.deliveries,
    }),
    imports: startImportReconciler({
      ...shared,
      steps: services.importProcess,
    }),
  };
  lifecycle.addShutdownHook(async () => {
    await Promise.all(Object.values(loops).map(loop => loop.stop()));
  });
  return loops;
}
