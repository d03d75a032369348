import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import {
  RegistryConflictError,
  type GateVerdict,
} from '@downstage/plugin-ml-registry-common';
import {
  decidePromotion,
  type PromotionDecision,
} from '../domain/decidePromotion';
import { nextPromotionState } from '../domain/promotionStates';
import type { Database } from '../stores/database';
import type { PromotionRecord, PromotionStore } from '../stores/PromotionStore';
import type { StageMove, StageStore } from '../stores/StageStore';
import type { VersionReader } from '../stores/VersionReader';
import type { Announcer } from './Announcer';
import { audited } from './audited';
import type { GateKeeper } from './GateKeeper';
import type { ModelProfiles } from './ModelProfiles';

/** A gate that is pending is asked again after this long. */
const askAgainMs = 10_000;
/** A promotion that waits for people is looked at this often: production may have changed under it. */
const lookAgainMs = 60_000;
/** More steps than the state machine has states would be a loop. */
const mostSteps = 8;

/**
 * Moves promotions along their states, from asked for to decided.
 *
 * @remarks
 * Each step is one conditional write (`where state = …`), so any number of requests and loops may work on the same
 * promotion: one of them wins a step, and only the winner announces it. A crash between two steps loses nothing: the
 * row stays due. The last step decides under a lock on the model, and looks again at who is in production there.
 */
export class PromotionSteps {
  readonly #promotions: PromotionStore;
  readonly #stages: StageStore;
  readonly #versions: VersionReader;
  readonly #profiles: ModelProfiles;
  readonly #gates: GateKeeper;
  readonly #announcer: Announcer;
  readonly #auditor: AuditorService;
  readonly #clock: Clock;

  constructor(options: {
    promotions: PromotionStore;
    stages: StageStore;
    versions: VersionReader;
    profiles: ModelProfiles;
    gates: GateKeeper;
    announcer: Announcer;
    auditor: AuditorService;
    clock: Clock;
  }) {
    this.#promotions = options.promotions;
    this.#stages = options.stages;
    this.#versions = options.versions;
    this.#profiles = options.profiles;
    this.#gates = options.gates;
    this.#announcer = options.announcer;
    this.#auditor = options.auditor;
    this.#clock = options.clock;
  }

  /** Takes steps until there is none to take now. */
  async run(id: string): Promise<void> {
    for (let taken = 0; taken < mostSteps; taken++) {
      if (!(await this.step(id))) return;
    }
  }

  /** Takes one step; false when there was none. */
  async step(id: string): Promise<boolean> {
    const promotion = await this.#promotions.find(id);
    if (!promotion) return false;
    const gates =
      promotion.state === 'checking'
        ? await this.#check(promotion)
        : promotion.gates;
    const decision = await this.#decide(
      this.#stages.database,
      promotion,
      gates,
    );
    if (decision.event === 'apply') return this.#apply(promotion);
    return this.#move(promotion, decision, gates);
  }

  async #check(promotion: PromotionRecord): Promise<GateVerdict[]> {
    const { name, version: number, to } = promotion;
    const version = await this.#versions.findVersion(name, number);
    if (!version) return [];
    return this.#gates.evaluate({
      version,
      to,
      profile: await this.#profiles.get(name),
      champion: await this.#gates.championFor(version),
    });
  }

  async #decide(
    db: Database,
    promotion: PromotionRecord,
    gates: GateVerdict[],
  ): Promise<PromotionDecision> {
    const { name, version } = promotion;
    const stage = await this.#stages.stageOf(db, name, version);
    if (!stage) {
      return { event: 'block', message: `Version ${version} was deleted` };
    }
    return decidePromotion({
      state: promotion.state,
      to: promotion.to,
      stage,
      gates,
      approvals: promotion.approvals.length,
      approvalsNeeded: promotion.approvalsNeeded,
      championAtRequest: promotion.championVersion,
      championNow: await this.#stages.holderOf(db, name, 'production'),
    });
  }

  async #move(
    promotion: PromotionRecord,
    { event, message }: PromotionDecision,
    gates: GateVerdict[],
  ): Promise<boolean> {
    const { id, state, name, version, to } = promotion;
    const now = this.#clock();
    if (event === 'wait') {
      const pause = state === 'checking' ? askAgainMs : lookAgainMs;
      const open = nextPromotionState(state, 'block') !== undefined;
      await this.#promotions.move(
        { id, from: state, to: state },
        {
          gates,
          ...(open && { message }),
          nextReconcileAt: open
            ? new Date(now.getTime() + pause).toISOString()
            : null,
        },
      );
      return false;
    }
    const next = nextPromotionState(state, event);
    if (!next) {
      // A state that cannot be left this way is not worth looking at again.
      await this.#promotions.move(
        { id, from: state, to: state },
        { nextReconcileAt: null },
      );
      return false;
    }
    const blocked = next === 'blocked';
    const won = await this.#promotions.transaction(async tx => {
      const moved = await this.#promotions.move(
        { id, from: state, to: next },
        {
          gates,
          message,
          nextReconcileAt: blocked ? null : now.toISOString(),
          ...(blocked && { decidedAt: now.toISOString() }),
        },
        tx,
      );
      if (moved && blocked) {
        await this.#stages.append(tx, name, {
          at: now.toISOString(),
          actor: 'service:ml-registry',
          action: 'promotion-blocked',
          version,
          to,
          message,
        });
      }
      return moved;
    });
    if (!won) return true;
    await this.#announce(id);
    return !blocked;
  }

  /** Stage, predecessor, aliases, ledger and the promotion itself: one transaction, under a lock on the model. */
  async #apply(promotion: PromotionRecord): Promise<boolean> {
    const { id, name, version, to, state } = promotion;
    const actor = promotion.approvals.at(-1)?.by ?? promotion.requestedBy;
    const meta = {
      actor,
      promotion: id,
      model: name,
      version,
      to,
      approvedBy: promotion.approvals.map(({ by }) => by),
    };
    let moves: StageMove[] = [];
    let outcome: 'approved' | 'blocked' | 'decided elsewhere' | 'not yet';
    try {
      outcome = await audited(
        this.#auditor,
        { eventId: 'promotion-apply', meta, result: result => ({ result }) },
        () =>
          this.#stages.transaction(async tx => {
            await this.#stages.lockModel(tx, name);
            const now = this.#clock();
            const current = await this.#promotions.find(id, tx);
            if (current?.state !== state) return 'decided elsewhere';
            const decision = await this.#decide(tx, current, current.gates);
            const from = await this.#stages.stageOf(tx, name, version);
            if (decision.event === 'wait') return 'not yet';
            const next =
              decision.event === 'apply' && from ? 'approved' : 'blocked';
            await this.#promotions.move(
              { id, from: state, to: next },
              {
                message: decision.message,
                decidedAt: now.toISOString(),
                nextReconcileAt: null,
              },
              tx,
            );
            if (next === 'blocked' || !from) {
              await this.#stages.append(tx, name, {
                at: now.toISOString(),
                actor: 'service:ml-registry',
                action: 'promotion-blocked',
                version,
                to,
                message: decision.message,
              });
              return 'blocked';
            }
            moves = await this.#stages.enter(tx, {
              name,
              version,
              from,
              to,
              actor,
              action: 'promoted',
              message: decision.message,
              now,
            });
            await this.#promotions.makeDue(tx, name, now);
            return 'approved';
          }),
      );
    } catch (error) {
      // Somebody moved a version without the lock: nothing was written, and the next look sees what is there now.
      if (!(error instanceof RegistryConflictError)) throw error;
      return true;
    }
    // Whoever decided announces, so that people hear of it once.
    if (outcome === 'decided elsewhere' || outcome === 'not yet') return false;
    await this.#announcer.stagesChanged(name, moves);
    await this.#announce(id);
    return false;
  }

  async #announce(id: string) {
    const promotion = await this.#promotions.find(id);
    if (promotion) await this.#announcer.promotionChanged(promotion);
  }
}
