import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import type { Authorizer } from '@downstage/node';
import type { ClaimService } from '../services/ClaimService';
import type { RunPageServices } from '../services/createRunPageServices';
import type { GarbageService } from '../services/GarbageService';
import type { ModelService } from '../services/ModelService';
import type { PromotionService } from '../services/PromotionService';
import type { RollbackService } from '../services/RollbackService';
import type { VersionSearchService } from '../services/VersionSearchService';
import type { WebhookService } from '../services/WebhookService';
import { registerChangeActions } from './changeActions';
import { registerClaimAction } from './claimAction';
import { registerGarbageActions } from './garbageActions';
import { registerPromotionActions } from './promotionActions';
import { registerReadActions } from './readActions';
import { registerRunActions } from './runActions';
import { registerRunViewActions } from './runViewActions';
import { registerSearchActions } from './searchActions';
import { registerWebhookActions } from './webhookActions';

/** What a person does on the model pages, for agents, templates and terminals, under the same permissions. */
export function registerActions(deps: {
  actions: ActionsRegistryService;
  claims: ClaimService;
  garbage: GarbageService;
  models: ModelService;
  promotions: PromotionService;
  rollbacks: RollbackService;
  runPages: RunPageServices;
  authorizer: Authorizer;
  webhooks: WebhookService;
  versionSearch: VersionSearchService;
}) {
  registerReadActions(deps);
  registerRunActions(deps);
  registerRunViewActions(deps);
  registerPromotionActions(deps);
  registerChangeActions(deps);
  registerClaimAction(deps);
  registerGarbageActions(deps);
  registerWebhookActions(deps);
  registerSearchActions(deps);
}
