import { stringifyError } from '@backstage/errors';
import { whoOf } from '@downstage/node';
import type { Clock } from '@downstage/common';
import {
  promotionTargetSchema,
  type Stage,
} from '@downstage/plugin-ml-registry-common';
import { modelLink } from '../kernel/refs';
import { stageStep } from '../versions/domain/stages';
import type { StageStore } from '../versions/stores/StageStore';
import type { VersionQueries } from '../versions/stores/VersionQueries';
import type { Announcer } from '../versions/Announcer';
import { inTheWay, type GateEvaluator } from './GateEvaluator';
import type { ModelProfiles } from '../owners/ModelProfiles';
import type { PromotionService } from './PromotionService';
import type {
  StageDecision,
  StagePolicy,
  StageRequest,
} from '../versions/StagePolicy';

/**
 * What happens when an MLflow client asks for a stage, or for an alias that stands for one: what needs nobody's
 * approval is done; for the rest a promotion is opened and the client is told so.
 */
export class PromotionStagePolicy implements StagePolicy {
  readonly #stages: StageStore;
  readonly #versions: VersionQueries;
  readonly #profiles: ModelProfiles;
  readonly #gates: GateEvaluator;
  readonly #promotions: PromotionService;
  readonly #announcer: Announcer;
  readonly #clock: Clock;
  readonly #portalUrl: string;

  constructor(options: {
    stages: StageStore;
    versions: VersionQueries;
    profiles: ModelProfiles;
    gates: GateEvaluator;
    promotions: PromotionService;
    announcer: Announcer;
    clock: Clock;
    portalUrl: string;
  }) {
    this.#stages = options.stages;
    this.#versions = options.versions;
    this.#profiles = options.profiles;
    this.#gates = options.gates;
    this.#promotions = options.promotions;
    this.#announcer = options.announcer;
    this.#clock = options.clock;
    this.#portalUrl = options.portalUrl;
  }

  async transition(request: StageRequest): Promise<StageDecision> {
    const { from, to, modelName, version } = request;
    if (from === to) return { outcome: 'applied' };
    switch (stageStep(from, to)) {
      case 'owner':
        if (from === 'production' && request.caller.kind === 'job') {
          return refuse(
            `Version ${version} of ${modelName} is in production; a person may retire it, ${request.caller.job.subject} may not`,
          );
        }
        return this.#enter(request, 'Asked for through the MLflow API');
      case 'gates':
        return this.#throughGates(request);
      case 'promotion':
        return this.#throughPromotion(request);
      case 'rollback':
        return refuse(
          `Version ${version} of ${modelName} is archived; roll the model back to it at ${this.#link(
            modelName,
          )}`,
        );
      default:
        return refuse(
          `There is no way from ${from} to ${to} for version ${version} of ${modelName}`,
        );
    }
  }

  async #throughGates(request: StageRequest): Promise<StageDecision> {
    const version = await this.#versions.findVersion(
      request.modelName,
      request.version,
    );
    if (!version) return refuse(`Version ${request.version} does not exist`);
    const verdicts = await this.#gates.evaluate({
      version,
      to: request.to,
      profile: await this.#profiles.get(version.name),
      champion: await this.#gates.championFor(version),
    });
    const missing = inTheWay(verdicts);
    if (!missing.length) return this.#enter(request, 'All gates passed');
    return refuse(
      `Version ${version.version} of ${
        version.name
      } does not pass its gates: ${missing
        .map(({ gate, message }) => `${gate}: ${message}`)
        .join('; ')}`,
    );
  }

  async #throughPromotion(request: StageRequest): Promise<StageDecision> {
    const { modelName, version, caller, via } = request;
    const to = promotionTargetSchema.parse(request.to);
    try {
      const promotion = await this.#promotions.openFor({
        ...whoOf(caller),
        caller,
        name: modelName,
        version,
        to,
        reason: `Asked for through the MLflow API, by ${via}`,
      });
      if (promotion.state === 'approved') return { outcome: 'applied' };
      return refuse(
        `Version ${version} of ${modelName} enters ${to} through a promotion: ${
          promotion.id
        } is ${promotion.state} (${
          promotion.message ?? 'no message'
        }), see ${this.#link(modelName)}`,
        promotion.id,
      );
    } catch (error) {
      // A client must see the reason as a refusal; everything else here would look like a broken server.
      if (!(error instanceof Error) || error.name !== 'ConflictError')
        throw error;
      return refuse(error.message || stringifyError(error));
    }
  }

  async #enter(request: StageRequest, message: string): Promise<StageDecision> {
    const { modelName: name, version, caller } = request;
    const moves = await this.#stages.transaction(async tx => {
      await this.#stages.lockModel(tx, name);
      const from: Stage =
        (await this.#stages.stageOf(tx, name, version)) ?? request.from;
      if (from === request.to) return [];
      return this.#stages.enter(tx, {
        name,
        version,
        from: request.from,
        to: request.to,
        actor: caller.actor,
        action: request.to === 'archived' ? 'archived' : 'staged',
        message,
        now: this.#clock(),
      });
    });
    await this.#announcer.stagesChanged(name, moves);
    return { outcome: 'applied' };
  }

  #link(name: string) {
    return `${this.#portalUrl}${modelLink(name)}`;
  }
}

function refuse(message: string, promotionId?: string): StageDecision {
  return { outcome: 'refused', message, ...(promotionId && { promotionId }) };
}
