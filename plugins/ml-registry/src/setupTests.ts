import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// A machine that builds and tests at once is slow; a test still fails at once where nothing is awaited.
configure({ asyncUtilTimeout: 15_000 });
jest.setTimeout(30_000);
