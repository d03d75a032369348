import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { EventsService } from '@backstage/plugin-events-node';
import type {
  NotificationSendOptions,
  NotificationService,
} from '@backstage/plugin-notifications-node';
import type { SignalsService } from '@backstage/plugin-signals-node';
import { publishTopic, type Topic } from '@downstage/node';
import {
  modelChangedTopic,
  stageChangedTopic,
  versionCreatedTopic,
} from '@downstage/plugin-ml-registry-node';
import type { z } from 'zod';
import { modelLink, modelRefOf, versionRefOf } from '../kernel/refs';
import type { StageMove } from './stores/StageStore';

/**
 * Tells everybody after a commit: events, signals, notifications.
 *
 * @remarks
 * Best effort. Everything announced is already true and written down. So a message that cannot be sent is logged, and
 * the work goes on. A receiver that depends on it looks for itself as well.
 */
export class Announcer {
  readonly #events: EventsService;
  readonly #signals: SignalsService;
  readonly #notifications: NotificationService;
  readonly #logger: LoggerService;

  constructor(options: {
    events: EventsService;
    signals: SignalsService;
    notifications: NotificationService;
    logger: LoggerService;
  }) {
    this.#events = options.events;
    this.#signals = options.signals;
    this.#notifications = options.notifications;
    this.#logger = options.logger;
  }

  async versionCreated(name: string, version: number) {
    await this.publish(versionCreatedTopic, {
      modelRef: modelRefOf(name),
      versionRef: versionRefOf(name, version),
    });
  }

  async modelChanged(name: string) {
    await this.publish(modelChangedTopic, { modelRef: modelRefOf(name) });
  }

  async stagesChanged(name: string, moves: StageMove[]) {
    for (const { version, from, to } of moves) {
      await this.publish(stageChangedTopic, {
        modelRef: modelRefOf(name),
        versionRef: versionRefOf(name, version),
        from,
        to,
      });
    }
  }

  /** Tells both sides that a model has another owner. */
  async handedOver(change: {
    name: string;
    by: string;
    from: string;
    to: string;
  }) {
    const { name, by, from, to } = change;
    await this.notify({
      recipients: { type: 'entity', entityRef: [from, to] },
      payload: {
        title: `${name} belongs to ${to} now`,
        description: `${by} handed it over from ${from}`,
        link: modelLink(name),
        severity: 'high',
        topic: 'ml-registry.ownership',
      },
    });
  }

  /** An event for other backends, and a signal for open pages. */
  async publish<T extends z.ZodType<Record<string, string>>>(
    topic: Topic<T>,
    payload: z.input<T> & Record<string, string>,
  ) {
    await this.#attempt(topic.name, async () => {
      await publishTopic(this.#events, topic, payload);
      await this.#signals.publish({
        recipients: { type: 'broadcast' },
        channel: topic.name,
        message: payload,
      });
    });
  }

  /** A notification to people. */
  async notify(message: NotificationSendOptions) {
    await this.#attempt('notification', () =>
      this.#notifications.send(message),
    );
  }

  async #attempt(what: string, send: () => Promise<void>) {
    try {
      await send();
    } catch (error) {
      this.#logger.warn(`Could not send ${what}: ${stringifyError(error)}`);
    }
  }
}
