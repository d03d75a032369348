import type { JobResult } from '@downstage/react';
import { NotFoundErrorPage } from '@backstage/frontend-plugin-api';
import { Route, Routes } from 'react-router-dom';
import { JobResults } from '../hooks/jobResults';
import { JobPage } from './JobPage';
import { TrainingPage } from './TrainingPage';

/** The pages below `/training`. */
export function TrainingPages(props: { results?: readonly JobResult[] }) {
  return (
    <JobResults.Provider value={props.results ?? []}>
      <Routes>
        <Route path="/" element={<TrainingPage />} />
        <Route path="/jobs/:id" element={<JobPage />} />
        <Route path="*" element={<NotFoundErrorPage />} />
      </Routes>
    </JobResults.Provider>
  );
}
