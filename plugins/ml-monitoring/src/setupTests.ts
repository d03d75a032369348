import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';
import { createElement } from 'react';

// A machine that builds and tests at once is slow; a test still fails at once where nothing is awaited.
configure({ asyncUtilTimeout: 15_000 });

// jsdom has no layout to draw in: a plot is what it says to those who cannot see it.
jest.mock('@downstage/react', () => ({
  ...jest.requireActual('@downstage/react'),
  Plot: ({ label }: { label: string }) =>
    createElement('div', { role: 'img', 'aria-label': label }),
}));
