// eslint-disable-next-line @backstage/no-relative-monorepo-imports -- the tests of all packages share it
import '../../../scripts/jest/frontendTests';
import { createElement } from 'react';

// jsdom has no layout to draw in: a plot is what it says to those who cannot see it.
jest.mock('@downstage/react', () => ({
  ...jest.requireActual('@downstage/react'),
  Plot: ({ label }: { label: string }) =>
    createElement('div', { role: 'img', 'aria-label': label }),
}));
