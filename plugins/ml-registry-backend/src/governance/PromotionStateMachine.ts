import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import { audited } from '@downstage/node';
import {
  RegistryConflictError,
  type Evidence,
  type GateVerdict,
} from '@downstage/plugin-ml-registry-common';
import {
  decidePromotion,
  type PromotionDecision,
} from './domain/decidePromotion';
import {
  championChanged,
  inWords,
  withChampionChanged,
  type BasisChange,
} from './domain/evidenceBasis';
import { nextPromotionState } from './domain/promotionStates';
import type { Database } from '../kernel/database/database';
import type { PromotionRecord, PromotionStore } from './stores/PromotionStore';
import type { StageMove, StageStore } from '../versions/stores/StageStore';
import type { VersionQueries } from '../versions/stores/VersionQueries';
import { missingApprovals } from './domain/approvals';
import type { Announcer } from '../versions/Announcer';
import type { PromotionNotices } from './PromotionNotices';
import type { PromotionEvidence, EvidenceSubject } from './PromotionEvidence';
import { withWaivers, type GateEvaluator } from './GateEvaluator';
import type { ModelProfiles } from '../owners/ModelProfiles';
import { ruleOf, type RuleOptions } from './ruleOf';

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
 * Each step is one conditional write (`where state = …`). So any number of requests and loops may work on the same
 * promotion. One of them wins a step, and only the winner announces it. A crash between two steps loses nothing: the
 * row stays due. The last step decides under a lock on the model, and looks again at who is in production there.
 */
export class PromotionStateMachine {
  readonly #promotions: PromotionStore;
  readonly #stages: StageStore;
  readonly #versions: VersionQueries;
  readonly #profiles: ModelProfiles;
  readonly #gates: GateEvaluator;
  readonly #promotionEvidence: PromotionEvidence;
  readonly #rules: RuleOptions;
  readonly #announcer: Announcer;
  readonly #notices: PromotionNotices;
  readonly #auditor: AuditorService;
  readonly #clock: Clock;

  constructor(options: {
    promotions: PromotionStore;
    stages: StageStore;
    versions: VersionQueries;
    profiles: ModelProfiles;
    gates: GateEvaluator;
    promotionEvidence: PromotionEvidence;
    rules: RuleOptions;
    announcer: Announcer;
    notices: PromotionNotices;
    auditor: AuditorService;
    clock: Clock;
  }) {
    this.#promotions = options.promotions;
    this.#stages = options.stages;
    this.#versions = options.versions;
    this.#profiles = options.profiles;
    this.#gates = options.gates;
    this.#promotionEvidence = options.promotionEvidence;
    this.#rules = options.rules;
    this.#announcer = options.announcer;
    this.#notices = options.notices;
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
    const open = nextPromotionState(promotion.state, 'block') !== undefined;
    const subject = open ? await this.#subject(promotion) : undefined;
    // The evidence is frozen before the gates look: a change in between makes the approvals lapse.
    const evidence =
      subject && promotion.state === 'checking'
        ? await this.#promotionEvidence.freeze(
            subject,
            this.#clock().toISOString(),
          )
        : promotion.evidence;
    const gates =
      subject && promotion.state === 'checking'
        ? await this.#check(promotion, subject, evidence)
        : promotion.gates;
    const changes =
      subject && promotion.state === 'waiting-for-approval'
        ? await this.#promotionEvidence.changes(promotion.evidence, subject)
        : [];
    const decision = await this.#decide(this.#stages.database, promotion, {
      gates,
      changes,
    });
    if (decision.event === 'apply') return this.#apply(promotion, subject);
    if (decision.event === 'lapse' && subject) {
      return this.#lapse(promotion, subject, changes);
    }
    const same = evidence.digest === promotion.evidence.digest;
    return this.#move(promotion, decision, {
      gates,
      ...(subject && !same && { evidence, subject }),
    });
  }

  async #subject(
    promotion: PromotionRecord,
  ): Promise<EvidenceSubject | undefined> {
    const { name, version: number, to } = promotion;
    const version = await this.#versions.findVersion(name, number);
    if (!version) return undefined;
    const profile = await this.#profiles.get(name);
    return {
      version,
      to,
      profile,
      champion: await this.#gates.championFor(version),
      rule: ruleOf({
        to,
        profile,
        owner: profile.owner ?? promotion.owner,
        ...this.#rules,
      }),
    };
  }

  async #check(
    promotion: PromotionRecord,
    subject: EvidenceSubject,
    evidence: Evidence,
  ): Promise<GateVerdict[]> {
    const verdicts = await this.#gates.evaluate(subject);
    return withWaivers(
      verdicts,
      promotion.waivers.filter(waiver => waiver.evidence === evidence.digest),
    );
  }

  async #decide(
    db: Database,
    promotion: PromotionRecord,
    seen: { gates: GateVerdict[]; changes: BasisChange[] },
  ): Promise<PromotionDecision> {
    const { name, version } = promotion;
    const stage = await this.#stages.stageOf(db, name, version);
    if (!stage) {
      return { event: 'block', message: `Version ${version} was deleted` };
    }
    const champion = await this.#stages.holderOf(db, name, 'production');
    // Read in the transaction that decides, so that of two promotions of a model the second sees the first.
    const replaced =
      promotion.to === 'production' &&
      stage !== 'production' &&
      champion !== promotion.championVersion;
    return decidePromotion({
      ...seen,
      state: promotion.state,
      to: promotion.to,
      stage,
      changes: inWords(
        replaced ? withChampionChanged(seen.changes) : seen.changes,
      ),
      missingApprovals: missingApprovals(
        promotion.approvalRule ?? {
          count: promotion.approvalsNeeded,
          roles: [],
          everyRole: false,
        },
        promotion.approvals,
      ),
    });
  }

  /** Back to the gates, with new evidence and without the approvals, which stay to be seen. */
  async #lapse(
    promotion: PromotionRecord,
    subject: EvidenceSubject,
    changes: BasisChange[],
  ): Promise<boolean> {
    const { id, name, version, to, state, approvals } = promotion;
    const at = this.#clock().toISOString();
    const evidence = await this.#promotionEvidence.freeze(subject, at);
    const said = inWords(changes.length ? changes : [championChanged]);
    const message = `Approvals lapsed, gates are checked again: ${said.join(
      '; ',
    )}`;
    const meta = {
      actor: 'service:ml-registry',
      promotion: id,
      model: name,
      version,
      changes: said,
      approvals: approvals.map(({ by }) => by),
    };
    const won = await audited(
      this.#auditor,
      { eventId: 'promotion-lapse', meta, result: moved => ({ moved }) },
      () =>
        this.#promotions.transaction(async tx => {
          const moved = await this.#promotions.move(
            { id, from: state, to: 'checking' },
            {
              gates: [],
              message,
              nextReconcileAt: at,
              evidence,
              championVersion: subject.champion?.version ?? null,
              approvalRule: subject.rule,
              approvalsNeeded: subject.rule.count,
            },
            tx,
          );
          if (!moved) return false;
          await this.#promotions.lapse(tx, id, {
            at,
            changes: said,
            approvals,
          });
          await this.#stages.append(tx, name, {
            at,
            actor: 'service:ml-registry',
            action: 'promotion-lapsed',
            version,
            to,
            message,
            details: { promotion: id, approvals: meta.approvals },
          });
          return true;
        }),
    );
    if (won) await this.#notices.approvalsLapsed(promotion, message);
    return true;
  }

  async #move(
    promotion: PromotionRecord,
    { event, message }: PromotionDecision,
    found: {
      gates: GateVerdict[];
      evidence?: Evidence;
      subject?: EvidenceSubject;
    },
  ): Promise<boolean> {
    const { gates, evidence, subject } = found;
    const refrozen = evidence &&
      subject && {
        evidence,
        championVersion: subject.champion?.version ?? null,
        approvalRule: subject.rule,
        approvalsNeeded: subject.rule.count,
      };
    const { id, state, name, version, to } = promotion;
    const now = this.#clock();
    if (event === 'wait') {
      const pause = state === 'checking' ? askAgainMs : lookAgainMs;
      const open = nextPromotionState(state, 'block') !== undefined;
      await this.#promotions.move(
        { id, from: state, to: state },
        {
          gates,
          ...refrozen,
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
          ...refrozen,
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
  async #apply(
    promotion: PromotionRecord,
    subject: EvidenceSubject | undefined,
  ): Promise<boolean> {
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
    let outcome:
      | 'approved'
      | 'blocked'
      | 'decided elsewhere'
      | 'not yet'
      | 'lapsed';
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
            const decision = await this.#decide(tx, current, {
              gates: current.gates,
              changes: subject
                ? await this.#promotionEvidence.changesWithin(
                    tx,
                    current.evidence,
                    subject,
                  )
                : [],
            });
            const from = await this.#stages.stageOf(tx, name, version);
            if (decision.event === 'wait') return 'not yet';
            if (decision.event === 'lapse') return 'lapsed';
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
    // The next look sees the latest changes, and takes the approvals back.
    if (outcome === 'lapsed') return true;
    // The process that decided announces, so that people hear of it once.
    if (outcome === 'decided elsewhere' || outcome === 'not yet') return false;
    await this.#announcer.stagesChanged(name, moves);
    await this.#announce(id);
    return false;
  }

  async #announce(id: string) {
    const promotion = await this.#promotions.find(id);
    if (promotion) await this.#notices.promotionChanged(promotion);
  }
}
