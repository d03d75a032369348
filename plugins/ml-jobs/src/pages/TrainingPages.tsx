import { Route, Routes } from 'react-router-dom';
import { JobPage } from './JobPage';
import { TrainingPage } from './TrainingPage';

/** The pages below `/training`. */
export function TrainingPages() {
  return (
    <Routes>
      <Route path="/" element={<TrainingPage />} />
      <Route path="/jobs/:id" element={<JobPage />} />
    </Routes>
  );
}
