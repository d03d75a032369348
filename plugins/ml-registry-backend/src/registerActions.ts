import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import type { ClaimService } from './versions/ClaimService';
import type { CardServices } from './cards/create';
import type { RunPageServices } from './runPages/create';
import type { GarbageService } from './garbage/GarbageService';
import type { ModelService } from './modelPages/ModelService';
import type { PromotionService } from './governance/PromotionService';
import type { RollbackService } from './governance/RollbackService';
import type { VersionSearchService } from './versions/VersionSearchService';
import type { ImportService } from './imports/ImportService';
import type { WebhookService } from './webhooks/WebhookService';
import { registerCardActions } from './cards/cardActions';
import { registerChangeActions } from './modelPages/changeActions';
import type { BreakGlassService } from './governance/BreakGlassService';
import { registerGovernanceActions } from './governance/governanceActions';
import { registerClaimAction } from './versions/claimAction';
import { registerGarbageActions } from './garbage/garbageActions';
import { registerLedgerActions } from './ledger/ledgerActions';
import { registerPromotionActions } from './governance/promotionActions';
import { registerReadActions } from './modelPages/readActions';
import { registerRunActions } from './runPages/runActions';
import { registerRunViewActions } from './runPages/runViewActions';
import { registerSearchActions } from './versions/searchActions';
import { registerImportActions } from './imports/importActions';
import { registerWebhookActions } from './webhooks/webhookActions';

/** What a person does on the model pages, for agents, templates and terminals, under the same permissions. */
export function registerActions(deps: {
  actions: ActionsRegistryService;
  records: CardServices;
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
  registerCardActions({ actions: deps.actions, ...deps.records });
  registerLedgerActions({ actions: deps.actions, ...deps.records });
  registerGarbageActions(deps);
  registerWebhookActions(deps);
  registerImportActions(deps);
  registerSearchActions(deps);
}
