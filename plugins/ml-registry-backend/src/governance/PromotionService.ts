import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import {
  NotAllowedError,
  NotFoundError,
  stringifyError,
} from '@backstage/errors';
import type { Clock, NewId } from '@downstage/common';
import {
  audited,
  auditedRefusal,
  type Authorizer,
  type Caller,
  type Call,
  type Facts,
  whoOf,
} from '@downstage/node';
import {
  mlRegistryApprovePermission,
  mlRegistryErrorCodes,
  mlRegistryPromotePermission,
  RegistryConflictError,
  type Promotion,
  type PromotionFilter,
  type PromotionPreview,
  type PromotionState,
  type PromotionTarget,
} from '@downstage/plugin-ml-registry-common';
import { approvalRefusal } from './domain/approvals';
import {
  nextPromotionState,
  type PromotionEvent,
} from './domain/promotionStates';
import {
  modelRefOf,
  nameOfModelRef,
  nameOfPath,
  pathOfName,
  type VersionPath,
} from '../kernel/refs';
import { isPromotable, stageStep } from '../versions/domain/stages';
import type { PromotionRecord, PromotionStore } from './stores/PromotionStore';
import { openPromotionStates } from '../versions/domain/openPromotionStates';
import type { PageRequest } from '../search/keyset';
import type { StageStore } from '../versions/stores/StageStore';
import type {
  VersionFacts,
  VersionQueries,
} from '../versions/stores/VersionQueries';
import type { PromotionNotices } from './PromotionNotices';
import type { EvidenceStore } from './stores/EvidenceStore';
import type { PromotionEvidence } from './PromotionEvidence';
import { inTheWay, type GateEvaluator } from './GateEvaluator';
import type { ModelProfile, ModelProfiles } from '../owners/ModelProfiles';
import { noVersion, type ModelReads } from '../access/ModelReads';
import type { PromotionStateMachine } from './PromotionStateMachine';
import { toPromotion } from './promotionView';
import { ruleOf, type RuleOptions } from './ruleOf';
import { summaryOf } from '../versions/versionView';

/** A version together with everything a promotion of it depends on. */
type Candidate = {
  version: VersionFacts;
  profile: ModelProfile;
  owner?: string;
  champion?: VersionFacts;
};

const decidedStates: PromotionState[] = ['approved', 'rejected', 'withdrawn'];

function statesOf(filter: PromotionFilter): PromotionState[] {
  if (filter === 'open') return openPromotionStates;
  return filter === 'decided' ? decidedStates : [filter];
}

/** Who acts, and by which token; the caller as well where a request is behind it, for the audit trail. */
type Who = ReturnType<typeof whoOf> & { caller?: Caller };

/**
 * What people do with promotions: preview, ask, approve, reject, take back.
 *
 * @remarks
 * A person's act writes one row and makes it due. `PromotionStateMachine` does the rest, right away in the same
 * request. The reconcile loop does it again if the process died in between.
 */
export class PromotionService {
  readonly #deps: PromotionDeps;

  constructor(deps: PromotionDeps) {
    this.#deps = deps;
  }

  async preview(
    request: VersionPath & { to: PromotionTarget },
    { caller }: Call,
  ): Promise<PromotionPreview> {
    const { gates, reads } = this.#deps;
    const facts = await reads.require(nameOfPath(request), caller);
    const candidate = await this.#candidate(request, facts);
    const { version, profile, champion, owner } = candidate;
    const verdicts = await gates.evaluate({
      version,
      profile,
      to: request.to,
      champion,
    });
    const open = await this.#findOpen(candidate.version, request.to);
    const reasons = [
      ...inTheWay(verdicts).map(({ gate, message }) => `${gate}: ${message}`),
      ...(owner ? [] : [unowned(version.name)]),
      ...(isPromotable(version.stage, request.to)
        ? []
        : [noStep(version, request.to)]),
      ...(open
        ? [`Promotion ${open.id} of this version is ${open.state}`]
        : []),
    ];
    const rule = ruleOf({
      to: request.to,
      profile,
      owner,
      ...this.#deps.rules,
    });
    return {
      gates: verdicts,
      champion: champion && summaryOf(champion),
      approvalsNeeded: rule.count,
      approvalRule: rule,
      allowed: reasons.length === 0,
      reasons,
    };
  }

  async request(
    request: VersionPath & { to: PromotionTarget; reason?: string },
    { caller }: Call,
  ): Promise<Promotion> {
    const { authorizer, auditor } = this.#deps;
    const permission = mlRegistryPromotePermission;
    const meta = {
      actor: caller.actor,
      model: nameOfPath(request),
      version: request.version,
      to: request.to,
    };
    const candidate = await auditedRefusal(
      auditor,
      { eventId: 'promotion-request', caller, meta },
      async () => {
        await authorizer.requireAny({ caller, permission });
        await this.#deps.reads.requireSeen(nameOfPath(request), caller, () =>
          noVersion(request),
        );
        const found = await this.#candidate(request);
        await authorizer.require({
          caller,
          permission,
          owner: found.owner,
          model: modelRefOf(found.version.name),
          facts: factsOf(found.version.name, found),
        });
        return found;
      },
    );
    const promotion = await this.#open(candidate, {
      ...request,
      ...whoOf(caller),
      caller,
    });
    return toPromotion(promotion);
  }

  /**
   * Opens a promotion for somebody the caller has already authorised: what the MLflow API does when a client
   * asks for a stage. Gives back the open one when there is one.
   */
  async openFor(
    request: Who & {
      name: string;
      version: number;
      to: PromotionTarget;
      reason: string;
    },
  ): Promise<PromotionRecord> {
    const candidate = await this.#candidate({
      ...request,
      ...pathOfName(request.name),
    });
    const open = await this.#findOpen(candidate.version, request.to);
    return open ?? this.#open(candidate, request);
  }

  async list(
    filter: { model?: string; state?: PromotionFilter } & PageRequest,
    { caller }: Call,
  ): Promise<{ items: Promotion[]; nextCursor?: string }> {
    const readable = await this.#deps.reads.rowsOf('promotions.name', caller);
    const { promotions, nextCursor } = await this.#deps.promotions.page(
      {
        name: filter.model && nameOfModelRef(filter.model),
        states: filter.state && statesOf(filter.state),
        where: readable,
      },
      filter,
    );
    return { items: promotions.map(toPromotion), nextCursor };
  }

  /** How many wait for a decision of the caller: by the rule that {@link PromotionService.approve} holds to. */
  async count(
    _request: {},
    { caller }: Call,
  ): Promise<{ waitingForMe: number }> {
    const { authorizer, promotions, reads } = this.#deps;
    const where = await reads.rowsOf('promotions.name', caller);
    // Only people decide, and only those who may approve anything.
    if (caller.kind !== 'person') return { waitingForMe: 0 };
    const roles = await authorizer.groupsOf(caller);
    return {
      waitingForMe: await promotions.countWaitingFor(
        { person: caller.actor, roles },
        where,
      ),
    };
  }

  async get(id: string, { caller }: Call): Promise<Promotion> {
    await this.#deps.reads.requireAny(caller);
    const promotion = await this.#find(id);
    await this.#deps.reads
      .require(promotion.name, caller)
      .catch((error: Error) => {
        if (error.name !== 'NotFoundError') throw error;
        throw noPromotion(id);
      });
    return toPromotion(promotion);
  }

  /** Adds the caller's approval; the last one that is needed applies the promotion before this returns. */
  async approve(
    request: { id: string; comment?: string },
    { caller }: Call,
  ): Promise<Promotion> {
    const { authorizer, promotions, clock, auditor, steps, stages } =
      this.#deps;
    const permission = mlRegistryApprovePermission;
    const { id } = request;
    const { actor } = caller;
    const meta = { actor, promotion: id };
    await audited(
      auditor,
      { eventId: 'promotion-approve', caller, meta },
      async () => {
        await authorizer.requireAny({ caller, permission });
        authorizer.requirePerson(caller, 'approve a promotion');
        // Changes since the evidence was frozen are noticed before somebody approves them unseen.
        await this.#findSeen(id, caller);
        const before = await this.#find(id);
        await this.#requireAllowed(before, caller);
        if (before.state === 'waiting-for-approval') {
          await this.#advance(steps, id);
        }
        const promotion = await this.#find(id);
        const has = await this.#rolesIn(promotion, caller, actor);
        if (promotion.state !== 'waiting-for-approval') {
          throw wrongState(promotion, 'approved', 'waiting-for-approval');
        }
        if (before.evidence.digest !== promotion.evidence.digest) {
          throw new RegistryConflictError(
            mlRegistryErrorCodes.promotionState,
            `What you were about to approve has just changed: ${
              promotion.lapses.at(-1)?.changes.join('; ') ?? 'its evidence'
            }. Look at promotion ${id} again`,
          );
        }
        const at = clock().toISOString();
        const { comment } = request;
        const outcome = await promotions.transaction(async tx => {
          const approval = { by: actor, at, comment, roles: has };
          const added = await promotions.approve(tx, id, approval);
          if (added === 'added') {
            await stages.append(tx, promotion.name, {
              at,
              actor,
              action: 'promotion-approved',
              version: promotion.version,
              from: promotion.from,
              to: promotion.to,
              message: comment ?? `Approved for ${promotion.to}`,
              details: { promotion: id, roles: has },
            });
          }
          return added;
        });
        if (outcome === 'not-waiting') {
          const now = await this.#find(id);
          throw wrongState(now, 'approved', 'waiting-for-approval');
        }
      },
    );
    await this.#advance(steps, id);
    return toPromotion(await this.#find(id));
  }

  /**
   * Lets the version pass a gate it failed, with a reason that stays. Approvers may waive: neither the requester
   * nor the author.
   *
   * @remarks
   * A waiver counts for the evidence it was given on; when that changes, the gate is in the way again.
   */
  async waive(
    request: { id: string; gate: string; reason: string },
    { caller }: Call,
  ): Promise<Promotion> {
    const { authorizer, promotions, clock, auditor, steps, stages } =
      this.#deps;
    const permission = mlRegistryApprovePermission;
    const { id, gate, reason } = request;
    const { actor } = caller;
    const meta = { actor, promotion: id, gate, reason };
    await audited(
      auditor,
      { eventId: 'promotion-waive', caller, severityLevel: 'high', meta },
      async () => {
        await authorizer.requireAny({ caller, permission });
        authorizer.requirePerson(caller, 'waive a gate');
        const promotion = await this.#findSeen(id, caller);
        await this.#requireAllowed(promotion, caller);
        await this.#rolesIn(promotion, caller, actor);
        const { saw, digest } = waivable(promotion, gate);
        // Two that are open at once would be about the same thing.
        const open = await this.#findOpen(promotion, promotion.to);
        if (open) throw openAlready(promotion, open);
        const at = clock().toISOString();
        const moved = await promotions.transaction(async tx => {
          const won = await promotions.move(
            { id, from: 'blocked', to: 'checking' },
            {
              message: `${actor} waived ${gate}: ${reason}`,
              decidedAt: null,
              nextReconcileAt: at,
            },
            tx,
          );
          if (!won) return false;
          await promotions.waive(tx, id, {
            gate,
            reason,
            at,
            by: actor,
            evidence: digest,
          });
          await stages.append(tx, promotion.name, {
            at,
            actor,
            action: 'promotion-waived',
            version: promotion.version,
            to: promotion.to,
            message: `${gate}: ${reason}`,
            details: { promotion: id, gate, saw },
            flagged: true,
          });
          return true;
        });
        if (!moved) throw wrongState(await this.#find(id), 'waived', 'blocked');
      },
    );
    await this.#advance(steps, id);
    return toPromotion(await this.#find(id));
  }

  /** Whether the policy lets the caller decide about this model; who has a role in it is another question. */
  async #requireAllowed(promotion: PromotionRecord, caller: Caller) {
    const permission = mlRegistryApprovePermission;
    const facts = await this.#factsOf(promotion);
    if (await this.#deps.authorizer.allows({ caller, permission, facts })) {
      return;
    }
    throw new NotAllowedError(
      `${caller.actor} lacks the permission ${permission.name} for ${promotion.name}: the policy allows it for other models only`,
    );
  }

  async #factsOf({ name, owner }: { name: string; owner?: string }) {
    const profile = await this.#deps.profiles.get(name);
    return factsOf(name, { owner, profile });
  }

  /** The roles through which somebody may decide about a promotion, or a refusal. */
  async #rolesIn(
    promotion: PromotionRecord,
    caller: Caller,
    actor: string,
  ): Promise<string[]> {
    const { authorizer, evidence } = this.#deps;
    const rule = promotion.approvalRule ?? {
      count: promotion.approvalsNeeded,
      roles: [promotion.owner],
      everyRole: false,
    };
    const groups = await authorizer.groupsOf(caller);
    const has = rule.roles.filter(role => groups.includes(role));
    const authors = await evidence.authors(promotion.name, promotion.version);
    const refusal = approvalRefusal({
      actor,
      has,
      rule: rule.roles.length ? rule : { ...rule, roles: [promotion.owner] },
      requestedBy: promotion.requestedBy,
      authors: [...authors, ...(promotion.author ? [promotion.author] : [])],
    });
    if (refusal) throw new NotAllowedError(refusal);
    return has;
  }

  async reject(
    request: { id: string; comment: string },
    { caller }: Call,
  ): Promise<Promotion> {
    const { authorizer, auditor } = this.#deps;
    const permission = mlRegistryApprovePermission;
    const { actor } = caller;
    const meta = { actor, promotion: request.id };
    const promotion = await auditedRefusal(
      auditor,
      { eventId: 'promotion-reject', caller, meta },
      async () => {
        await authorizer.requireAny({ caller, permission });
        const found = await this.#findSeen(request.id, caller);
        await this.#requireAllowed(found, caller);
        const groups = await authorizer.groupsOf(caller);
        // An approver may also say no, whether they own the model or not.
        const decides = found.approvalRule?.roles.some(role =>
          groups.includes(role),
        );
        if (!decides) {
          await authorizer.require({
            caller,
            permission,
            owner: found.owner,
            facts: await this.#factsOf(found),
          });
        }
        return found;
      },
    );
    return this.#close(promotion, {
      event: 'reject',
      ...{ actor, caller },
      message: request.comment,
    });
  }

  async withdraw(id: string, { caller }: Call): Promise<Promotion> {
    const { authorizer, auditor } = this.#deps;
    const permission = mlRegistryPromotePermission;
    const { actor } = caller;
    const promotion = await auditedRefusal(
      auditor,
      { eventId: 'promotion-withdraw', caller, meta: { actor, promotion: id } },
      async () => {
        await authorizer.requireAny({ caller, permission });
        const found = await this.#findSeen(id, caller);
        await authorizer.require({
          caller,
          permission,
          owner: found.owner,
          model: modelRefOf(found.name),
          facts: await this.#factsOf(found),
        });
        return found;
      },
    );
    return this.#close(promotion, {
      event: 'withdraw',
      ...whoOf(caller),
      caller,
      message: `Taken back by ${actor}`,
    });
  }

  async #open(
    candidate: Candidate,
    request: Who & { to: PromotionTarget; reason?: string },
  ): Promise<PromotionRecord> {
    const {
      promotions,
      clock,
      newId,
      notices,
      auditor,
      stages,
      steps,
      promotionEvidence,
    } = this.#deps;
    const { version, profile, owner, champion } = candidate;
    const { actor, token, caller, to, reason } = request;
    const rule = ruleOf({ to, profile, owner, ...this.#deps.rules });
    const now = clock().toISOString();
    const id = newId();
    const meta = {
      actor,
      ...(token && { token }),
      promotion: id,
      model: version.name,
      version: version.version,
      to,
    };
    const asked = { eventId: 'promotion-request', caller, meta };
    await audited(auditor, asked, async () => {
      if (!owner) {
        throw new RegistryConflictError(
          mlRegistryErrorCodes.modelUnowned,
          unowned(version.name),
        );
      }
      if (!isPromotable(version.stage, to)) {
        throw new RegistryConflictError(
          mlRegistryErrorCodes.stageTransition,
          noStep(version, to),
        );
      }
      const evidence = await promotionEvidence.freeze(
        { version, profile, champion, rule, to },
        now,
      );
      const inserted = await promotions.transaction(async tx => {
        const done = await promotions.insert(
          {
            id,
            name: version.name,
            version: version.version,
            from: version.stage,
            to,
            state: 'requested',
            requestedBy: actor,
            author: version.createdBy,
            owner,
            reason,
            gates: [],
            evidence,
            championVersion: champion?.version,
            approvalsNeeded: rule.count,
            approvalRule: rule,
            message: 'Gates are about to be checked',
            createdAt: now,
          },
          now,
          tx,
        );
        if (done) {
          await stages.append(tx, version.name, {
            at: now,
            actor,
            action: 'promotion-requested',
            version: version.version,
            from: version.stage,
            to,
            message: reason ?? `Asked for ${to}`,
          });
        }
        return done;
      });
      if (!inserted) {
        throw openAlready(
          { ...version, to },
          await this.#findOpen(version, to),
        );
      }
    });
    await notices.promotionChanged(await this.#find(id));
    await this.#advance(steps, id);
    return this.#find(id);
  }

  async #close(
    promotion: PromotionRecord,
    change: Who & { event: PromotionEvent; message: string },
  ): Promise<Promotion> {
    const { promotions, stages, clock, notices, auditor } = this.#deps;
    const { id, name, version, to } = promotion;
    const { event, actor, token, caller, message } = change;
    const meta = {
      actor,
      ...(token && { token }),
      promotion: id,
      model: name,
      version,
    };
    await audited(
      auditor,
      { eventId: `promotion-${event}`, caller, meta },
      async () => {
        const next = nextPromotionState(promotion.state, event);
        const now = clock().toISOString();
        const moved =
          next !== undefined &&
          (await promotions.transaction(async tx => {
            const won = await promotions.move(
              { id, from: promotion.state, to: next },
              { message, decidedAt: now, nextReconcileAt: null },
              tx,
            );
            if (!won) return false;
            await stages.append(tx, name, {
              at: now,
              actor,
              action:
                event === 'reject'
                  ? 'promotion-rejected'
                  : 'promotion-withdrawn',
              version,
              to,
              message,
            });
            return true;
          }));
        if (!moved) {
          throw wrongState(
            await this.#find(id),
            event === 'reject' ? 'rejected' : 'withdrawn',
            openPromotionStates.join(', '),
          );
        }
      },
    );
    const closed = await this.#find(id);
    await notices.promotionChanged(closed);
    return toPromotion(closed);
  }

  /** Takes every step that can be taken now. The reconcile loop takes up steps that fail here. */
  async #advance(steps: PromotionStateMachine, id: string) {
    try {
      await steps.run(id);
    } catch (error) {
      this.#deps.logger.warn(
        `Promotion ${id} will be tried again: ${stringifyError(error)}`,
      );
    }
  }

  async #findOpen(
    { name, version }: { name: string; version: number },
    to: PromotionTarget,
  ) {
    const [open] = await this.#deps.promotions.list({
      name,
      version,
      to,
      states: openPromotionStates,
    });
    return open;
  }

  async #find(id: string): Promise<PromotionRecord> {
    const promotion = await this.#deps.promotions.find(id);
    if (!promotion) throw noPromotion(id);
    return promotion;
  }

  /** For changes: the promotion, where the caller sees its model. */
  async #findSeen(id: string, caller: Caller): Promise<PromotionRecord> {
    const promotion = await this.#find(id);
    await this.#deps.reads.requireSeen(promotion.name, caller, () =>
      noPromotion(id),
    );
    return promotion;
  }

  /** @param known - what was read of the model already */
  async #candidate(
    path: VersionPath,
    known?: { profile: ModelProfile },
  ): Promise<Candidate> {
    const { versions, profiles, gates } = this.#deps;
    const name = nameOfPath(path);
    const version = await versions.findVersion(name, path.version);
    if (!version) {
      throw noVersion(path);
    }
    const profile = known?.profile ?? (await profiles.get(name));
    return {
      version,
      profile,
      owner: profile.owner,
      champion: await gates.championFor(version),
    };
  }
}

export type PromotionDeps = {
  authorizer: Authorizer;
  promotions: PromotionStore;
  stages: StageStore;
  versions: VersionQueries;
  profiles: ModelProfiles;
  reads: Pick<ModelReads, 'require' | 'requireAny' | 'requireSeen' | 'rowsOf'>;
  gates: GateEvaluator;
  promotionEvidence: PromotionEvidence;
  evidence: EvidenceStore;
  rules: RuleOptions;
  steps: PromotionStateMachine;
  notices: PromotionNotices;
  auditor: AuditorService;
  logger: LoggerService;
  clock: Clock;
  newId: NewId;
};

function noPromotion(id: string) {
  return new NotFoundError(`No promotion ${id}`);
}

function unowned(name: string) {
  return `Nobody owns ${name}, so nobody can approve: add a catalog-info.yaml with kind Model and an owner`;
}

function noStep({ name, version, stage }: VersionFacts, to: PromotionTarget) {
  const how =
    stageStep(stage, to) === 'rollback'
      ? '; an archived version comes back by a rollback'
      : '';
  return `Version ${version} of ${name} is in ${stage}, and there is no promotion from ${stage} to ${to}${how}`;
}

function wrongState(
  promotion: PromotionRecord,
  wanted: string,
  allowed: string,
) {
  return new RegistryConflictError(
    mlRegistryErrorCodes.promotionState,
    `Promotion ${promotion.id} is ${promotion.state} and cannot be ${wanted}; that takes one that is ${allowed}`,
  );
}

function openAlready(
  wanted: { name: string; version: number; to: PromotionTarget },
  open: PromotionRecord | undefined,
) {
  return new RegistryConflictError(
    mlRegistryErrorCodes.promotionPending,
    `Version ${wanted.version} of ${wanted.name} has an open promotion to ${
      wanted.to
    } already${open ? `: ${open.id}, ${open.state}` : ''}`,
  );
}

/**
 * What a gate that blocks a promotion saw, and the evidence it saw it on.
 *
 * @throws RegistryConflictError when the gate does not block the promotion
 * @throws NotAllowedError when nobody may waive it
 */
function waivable(promotion: PromotionRecord, gate: string) {
  const { id, state, gates, evidence } = promotion;
  const blocking =
    state === 'blocked'
      ? gates.filter(({ status }) => status === 'failed')
      : [];
  const verdict = blocking.find(failed => failed.gate === gate);
  if (!verdict) {
    throw new RegistryConflictError(
      mlRegistryErrorCodes.promotionState,
      `Promotion ${id} is ${state}; gates that failed in it and block it are ${
        blocking.map(failed => failed.gate).join(', ') || 'none'
      }`,
    );
  }
  if (!verdict.waivable || !evidence.digest) {
    throw new NotAllowedError(
      `The gate ${gate} cannot be waived${
        verdict.how ? `: ${verdict.how}` : ''
      }`,
    );
  }
  return { saw: verdict.saw, digest: evidence.digest };
}

/** What a policy may ask about the model of a promotion. */
function factsOf(
  name: string,
  { owner, profile }: { owner?: string; profile: { risk: string } },
): Facts {
  return {
    ...(owner && { owner }),
    namespace: pathOfName(name).namespace,
    model: modelRefOf(name),
    risk: profile.risk,
  };
}
