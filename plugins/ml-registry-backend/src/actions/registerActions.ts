import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import type { ClaimService } from '../services/ClaimService';
import type { CardServices } from '../services/createCardServices';
import type { RunPageServices } from '../services/createRunPageServices';
import type { GarbageService } from '../services/GarbageService';
import type { ModelService } from '../services/ModelService';
import type { PromotionService } from '../services/PromotionService';
import type { RollbackService } from '../services/RollbackService';
import type { VersionSearchService } from '../services/VersionSearchService';
import type { ImportService } from '../services/import/ImportService';
import type { WebhookService } from '../services/WebhookService';
import { registerCardActions } from './cardActions';
import { registerChangeActions } from './changeActions';
import type { BreakGlassService } from '../services/BreakGlassService';
import { registerGovernanceActions } from './governanceActions';
import { registerClaimAction } from './claimAction';
import { registerGarbageActions } from './garbageActions';
import { registerLedgerActions } from './ledgerActions';
import { registerPromotionActions } from './promotionActions';
import { registerReadActions } from './readActions';
import { registerRunActions } from './runActions';
import { registerRunViewActions } from './runViewActions';
import { registerSearchActions } from './searchActions';
import { registerImportActions } from './importActions';
import { registerWebhookActions } from './webhookActions';

/** What a person does on the model pages, for agents, templates and terminals, under the same permissions. */
export function registerActions(deps: {
  actions: ActionsRegistryService;
  about: CardServices;
  breakGlass: BreakGlassService;
  claims: ClaimService;
  garbage: GarbageService;
  models: ModelService;
  promotions: PromotionService;
  rollbacks: RollbackService;
  runPages: RunPageServices;
  webhooks: WebhookService;
  imports: ImportService;
  versionSearch: VersionSearchService;
}) {
  registerReadActions(deps);
  registerRunActions(deps);
  registerRunViewActions(deps);
  registerPromotionActions(deps);
  registerChangeActions(deps);
  registerClaimAction(deps);
  registerGovernanceActions(deps);
  registerCardActions({ actions: deps.actions, ...deps.about });
  registerLedgerActions({ actions: deps.actions, ...deps.about });
  registerGarbageActions(deps);
  registerWebhookActions(deps);
  registerImportActions(deps);
  registerSearchActions(deps);
}
