import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { EventsService } from '@backstage/plugin-events-node';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import type { SignalsService } from '@backstage/plugin-signals-node';
import { publishTopic, type Topic } from '@downstage/node';
import {
  modelChangedTopic,
  promotionChangedTopic,
  stageChangedTopic,
  versionCreatedTopic,
} from '@downstage/plugin-ml-registry-node';
import type { z } from 'zod';
import { modelLink, modelRefOf, versionRefOf } from '../domain/refs';
import type { PromotionRecord } from '../stores/PromotionStore';
import type { StageMove } from '../stores/StageStore';

/**
 * Tells everybody after a commit: events, signals, notifications.
 *
 * @remarks
 * Best effort. What is announced is already true and written down, so a message that cannot be sent is logged and
 * the work goes on; whoever depends on it looks for itself as well.
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
    await this.#publish(versionCreatedTopic, {
      modelRef: modelRefOf(name),
      versionRef: versionRefOf(name, version),
    });
  }

  async modelChanged(name: string) {
    await this.#publish(modelChangedTopic, { modelRef: modelRefOf(name) });
  }

  async stagesChanged(name: string, moves: StageMove[]) {
    for (const { version, from, to } of moves) {
      await this.#publish(stageChangedTopic, {
        modelRef: modelRefOf(name),
        versionRef: versionRefOf(name, version),
        from,
        to,
      });
    }
  }

  async promotionChanged(promotion: PromotionRecord) {
    await this.#publish(promotionChangedTopic, {
      id: promotion.id,
      modelRef: modelRefOf(promotion.name),
    });
    await this.#notify(promotion);
  }

  /** Tells those who had approved, and the owner, that it did not hold. */
  async approvalsLapsed(promotion: PromotionRecord, message: string) {
    const { id, name, version, to, owner, approvals, requestedBy } = promotion;
    await this.#publish(promotionChangedTopic, {
      id,
      modelRef: modelRefOf(name),
    });
    await this.#attempt('notification', () =>
      this.#notifications.send({
        recipients: {
          type: 'entity',
          entityRef: [owner, requestedBy, ...approvals.map(({ by }) => by)],
        },
        payload: {
          title: `Approvals lapsed: ${name} version ${version} to ${to}`,
          description: message,
          link: modelLink(name),
          severity: 'high',
          topic: 'ml-registry.promotion',
          scope: `ml-registry.promotion:${id}`,
        },
      }),
    );
  }

  /** Tells owners and administrators that somebody went past the gates. */
  async glassBroken(entry: {
    name: string;
    version: number;
    by: string;
    reason: string;
    recipients: string[];
  }) {
    const { name, version, by, reason, recipients } = entry;
    if (!recipients.length) return;
    await this.#attempt('notification', () =>
      this.#notifications.send({
        recipients: { type: 'entity', entityRef: recipients },
        payload: {
          title: `Break-glass: ${name} version ${version} is in production without approval`,
          description: `${by}: ${reason}`,
          link: modelLink(name),
          severity: 'critical',
          topic: 'ml-registry.break-glass',
        },
      }),
    );
  }

  /** Tells both sides that a model has another owner. */
  async handedOver(change: {
    name: string;
    by: string;
    from: string;
    to: string;
  }) {
    const { name, by, from, to } = change;
    await this.#attempt('notification', () =>
      this.#notifications.send({
        recipients: { type: 'entity', entityRef: [from, to] },
        payload: {
          title: `${name} belongs to ${to} now`,
          description: `${by} handed it over from ${from}`,
          link: modelLink(name),
          severity: 'high',
          topic: 'ml-registry.ownership',
        },
      }),
    );
  }

  /** Asks the owners for their approval, and tells the owners (the requester among them) how it ended. */
  async #notify(promotion: PromotionRecord) {
    const { name, version, to, state, requestedBy } = promotion;
    const what = `${name} version ${version} to ${to}`;
    const asks =
      state === 'waiting-for-approval' &&
      promotion.approvals.length < promotion.approvalsNeeded;
    const ended = ['approved', 'blocked', 'rejected'].includes(state);
    if (!asks && !ended) return;
    const titles: Partial<Record<typeof state, string>> = {
      'waiting-for-approval': `Approval wanted: ${what}`,
      approved: `Promoted: ${what}`,
      blocked: `Promotion blocked: ${what}`,
      rejected: `Promotion rejected: ${what}`,
    };
    await this.#attempt('notification', () =>
      this.#notifications.send({
        recipients: {
          type: 'entity',
          entityRef: asks
            ? [promotion.owner, ...(promotion.approvalRule?.roles ?? [])]
            : promotion.owner,
          ...(asks && { excludeEntityRef: requestedBy }),
        },
        payload: {
          title: titles[state] ?? what,
          description: asks
            ? `${requestedBy} asked for it${
                promotion.reason ? `: ${promotion.reason}` : ''
              }`
            : promotion.message,
          link: modelLink(name),
          severity: asks || state === 'blocked' ? 'high' : 'normal',
          topic: 'ml-registry.promotion',
          scope: `ml-registry.promotion:${promotion.id}`,
        },
      }),
    );
  }

  async #publish<T extends z.ZodType<Record<string, string>>>(
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

  async #attempt(what: string, send: () => Promise<void>) {
    try {
      await send();
    } catch (error) {
      this.#logger.warn(`Could not send ${what}: ${stringifyError(error)}`);
    }
  }
}
