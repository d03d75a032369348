import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import { ServingPages } from './ServingPages';

describe('the pages below /endpoints', () => {
  it('tell an address that has no page as not found', async () => {
    renderInTestApp(<ServingPages />, { initialRouteEntries: ['/a/b/c'] });
    expect(await screen.findByText(/PAGE NOT FOUND/)).toBeInTheDocument();
  });
});
