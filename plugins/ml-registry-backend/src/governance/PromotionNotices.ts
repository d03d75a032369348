import { promotionChangedTopic } from '@downstage/plugin-ml-registry-node';
import { modelLink, modelRefOf } from '../kernel/refs';
import type { Announcer } from '../versions/Announcer';
import type { PromotionRecord } from './stores/PromotionStore';

/** Tells people of promotions and of break-glass, after the commit; as little depends on it as on the {@link Announcer}. */
export class PromotionNotices {
  readonly #announcer: Announcer;

  constructor(announcer: Announcer) {
    this.#announcer = announcer;
  }

  async promotionChanged(promotion: PromotionRecord) {
    await this.#announcer.publish(promotionChangedTopic, {
      id: promotion.id,
      modelRef: modelRefOf(promotion.name),
    });
    await this.#notify(promotion);
  }

  /** Tells those who had approved, and the owner, that it did not hold. */
  async approvalsLapsed(promotion: PromotionRecord, message: string) {
    const { id, name, version, to, owner, approvals, requestedBy } = promotion;
    await this.#announcer.publish(promotionChangedTopic, {
      id,
      modelRef: modelRefOf(name),
    });
    await this.#announcer.notify({
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
    });
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
    await this.#announcer.notify({
      recipients: { type: 'entity', entityRef: recipients },
      payload: {
        title: `Break-glass: ${name} version ${version} is in production without approval`,
        description: `${by}: ${reason}`,
        link: modelLink(name),
        severity: 'critical',
        topic: 'ml-registry.break-glass',
      },
    });
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
    await this.#announcer.notify({
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
    });
  }
}
