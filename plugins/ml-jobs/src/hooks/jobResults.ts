import { createContext } from 'react';
import type { JobResult } from '@downstage/react';

/** What the portal's plugins say came of a job; the same ones for as long as the page lives. */
export const JobResults = createContext<readonly JobResult[]>([]);
