import { NotFoundErrorPage } from '@backstage/frontend-plugin-api';
import { Route, Routes } from 'react-router-dom';
import { EndpointPage } from './EndpointPage';
import { EndpointsPage } from './EndpointsPage';

/** Everything below `/endpoints`. */
export function ServingPages() {
  return (
    <Routes>
      <Route path="/" element={<EndpointsPage />} />
      <Route path="/:namespace/:name" element={<EndpointPage />} />
      <Route path="*" element={<NotFoundErrorPage />} />
    </Routes>
  );
}
