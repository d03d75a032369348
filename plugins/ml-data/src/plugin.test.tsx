import { renderTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import { mlDataPlugin } from './plugin';

describe('the page Data & features', () => {
  it('says that there is nothing at an address that none of its tabs has', async () => {
    renderTestApp({
      features: [mlDataPlugin],
      initialRouteEntries: ['/datasets/unknown'],
    });
    expect(await screen.findByText(/not found|404/i)).toBeInTheDocument();
  });

  it('shows the tab whose address it is', async () => {
    renderTestApp({
      features: [mlDataPlugin],
      initialRouteEntries: ['/datasets/features'],
    });
    expect(
      await screen.findByRole('tab', { name: 'Feature views' }),
    ).toBeInTheDocument();
  });
});
