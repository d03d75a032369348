import type { ModelHealthSource } from '@downstage/react';
import { Route, Routes } from 'react-router-dom';
import { ModelHealthSources } from '../hooks/useModelHealth';
import { ApprovalsPage } from './ApprovalsPage';
import { ComparePage } from './ComparePage';
import { GarbagePage } from './GarbagePage';
import { LedgerPage } from './LedgerPage';
import { ImportPage } from './ImportPage';
import { ModelsPage } from './ModelsPage';
import { RunPage } from './RunPage';
import { RunsPage } from './RunsPage';
import { VersionSearchPage } from './VersionSearchPage';
import { WebhooksPage } from './WebhooksPage';

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
      </Routes>
    </ModelHealthSources.Provider>
  );
}
