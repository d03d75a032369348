import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { EventsService } from '@backstage/plugin-events-node';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import type { SignalsService } from '@backstage/plugin-signals-node';
import { publishTopic } from '@downstage/node';
import { jobChangedTopic } from '@downstage/plugin-ml-jobs-common';
import type { JobChanged } from '../reconcilers/JobReconciler';
import type { JobStore } from '../stores/JobStore';

/**
 * Tells the event bus, the open pages, and the submitter of a job that failed. All after commit, ids only, and none of it may
 * hold up a job: what cannot be sent is logged.
 */
export function createAnnouncer(options: {
  events: EventsService;
  signals: SignalsService;
  notifications: NotificationService;
  store: JobStore;
  logger: LoggerService;
}) {
  const { events, signals, notifications, store, logger } = options;

  const notifyOfFailure = async (id: string) => {
    const job = await store.row(id);
    if (!job.created_by.startsWith('user:')) return;
    await notifications.send({
      recipients: { type: 'entity', entityRef: job.created_by },
      payload: {
        title: `Job ${job.name} failed`,
        description: job.message,
        link: `/training/jobs/${id}`,
        severity: 'high',
        topic: 'ml-jobs',
        scope: `ml-jobs:${id}`,
      },
    });
  };

  return async ({ id, ended }: JobChanged): Promise<void> => {
    const outcomes = await Promise.allSettled([
      publishTopic(events, jobChangedTopic, { id }),
      signals.publish({
        recipients: { type: 'broadcast' },
        channel: jobChangedTopic.name,
        message: { id },
      }),
      ...(ended === 'failed' ? [notifyOfFailure(id)] : []),
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        logger.warn(
          `Job ${id} changed, and not everybody was told: ${stringifyError(
            outcome.reason,
          )}`,
        );
      }
    }
  };
}
