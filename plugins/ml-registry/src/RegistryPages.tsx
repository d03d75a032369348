import type { ModelHealthSource } from '@downstage/react';
import { NotFoundErrorPage } from '@backstage/frontend-plugin-api';
import { Route, Routes } from 'react-router-dom';
import { ModelHealthSources } from './models/useModelHealth';
import { ApprovalsPage } from './promotions/ApprovalsPage';
import { ComparePage } from './compare/ComparePage';
import { GarbagePage } from './garbage/GarbagePage';
import { LedgerPage } from './ledger/LedgerPage';
import { ImportPage } from './imports/ImportPage';
import { ModelsPage } from './models/ModelsPage';
import { RunPage } from './run/RunPage';
import { RunsPage } from './runs/RunsPage';
import { VersionSearchPage } from './versionSearch/VersionSearchPage';
import { WebhooksPage } from './webhooks/WebhooksPage';

/** Everything below `/models`. */
export function RegistryPages(props: { health: readonly ModelHealthSource[] }) {
  return (
    <ModelHealthSources.Provider value={props.health}>
      <Routes>
        <Route path="/" element={<ModelsPage />} />
        <Route path="/versions" element={<VersionSearchPage />} />
        <Route path="/runs" element={<RunsPage />} />
        <Route path="/runs/:runId" element={<RunPage />} />
        <Route path="/compare" element={<ComparePage />} />
        <Route path="/approvals" element={<ApprovalsPage />} />
        <Route path="/ledger" element={<LedgerPage />} />
        <Route path="/webhooks" element={<WebhooksPage />} />
        <Route path="/import" element={<ImportPage />} />
        <Route path="/garbage" element={<GarbagePage />} />
        <Route path="*" element={<NotFoundErrorPage />} />
      </Routes>
    </ModelHealthSources.Provider>
  );
}
